/** junit.xml: each threshold, each route and each kind of fault as a test case, for continuous integration. */
import type { Summary } from "../../schemas/index.js";
import { describeRouteFaults } from "../core/format.js";
import { formatJunitXml } from "./junit-xml.js";

interface Case {
  readonly name: string;
  readonly failure?: string | undefined;
}

/** Each member of a cluster; none where there is one server. */
function addressCases({ addresses }: Summary): Case[] {
  if (addresses.length < 2) return [];
  return addresses.map(({ url, connected, dropped, refused, deliveries }) => {
    const { lost, duplicated, reordered, corrupted, unexpected } = deliveries;
    const isSound = dropped + refused + lost + duplicated + reordered + corrupted + unexpected === 0;
    return {
      name: `subscribers of ${url}`,
      failure: isSound
        ? undefined
        : `${connected} connected, ${dropped} dropped, ${refused} refused; ${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${corrupted} corrupted, ${unexpected} unexpected`,
    };
  });
}

/** Each agent; none where the load test's own host held the subscribers. */
function hostCases({ generator }: Summary): Case[] {
  return generator.hosts.map(({ host, evidence }) => ({
    name: `the agent ${host} can be trusted`,
    failure: evidence.length > 0 ? evidence.join("; ") : undefined,
  }));
}

function casesOf(summary: Summary): Case[] {
  const { deliveries, clients, conformance, http, thresholds, generator, verdict, reasons } = summary;
  const count = (name: string, value: number): Case => ({
    name,
    failure: value === 0 ? undefined : `${value} ${name}`,
  });
  return [
    { name: "verdict", failure: verdict === "PASS" ? undefined : `${verdict}: ${reasons.join("; ")}` },
    count("deliveries lost", deliveries.lost),
    count("deliveries duplicated", deliveries.duplicated),
    count("deliveries reordered", deliveries.reordered),
    count("deliveries corrupted", deliveries.corrupted),
    count("deliveries unexpected", deliveries.unexpected),
    count("contract violations", conformance.violations),
    count("subscribers dropped, refused or silent", clients.dropped + clients.refused + clients.silent),
    ...addressCases(summary),
    ...http.routes.map((route) => ({ name: route.route, failure: describeRouteFaults(route) || undefined })),
    {
      name: "generator can be trusted",
      failure: generator.evidence.length > 0 ? generator.evidence.join("; ") : undefined,
    },
    ...hostCases(summary),
    ...thresholds.map(({ expression, passed, value }) => ({
      name: expression,
      failure: passed ? undefined : value === null ? "nothing was measured" : `is ${value}`,
    })),
  ];
}

export function formatJunit(summary: Summary): string {
  const { plan, durationMs, startedAt } = summary;
  const cases = casesOf(summary).map(({ name, failure }) => ({
    className: `loadtest.${plan.name}`,
    name,
    failure: failure === undefined ? undefined : { message: failure },
  }));
  return formatJunitXml({ name: `load test ${plan.name}`, durationMs, startedAt, cases });
}
