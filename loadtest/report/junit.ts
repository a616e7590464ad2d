/** junit.xml: each threshold and each kind of fault as a test case, for continuous integration. */
import type { Summary } from "../../schemas/index.js";
import { escapeXml } from "../escape-xml.js";

interface Case {
  readonly name: string;
  readonly failure?: string | undefined;
}

function casesOf(summary: Summary): Case[] {
  const { deliveries, clients, conformance, thresholds, generator, verdict, reasons } = summary;
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
    {
      name: "generator can be trusted",
      failure: generator.evidence.length > 0 ? generator.evidence.join("; ") : undefined,
    },
    ...thresholds.map(({ expression, passed, value }) => ({
      name: expression,
      failure: passed ? undefined : value === null ? "nothing was measured" : `is ${value}`,
    })),
  ];
}

export function formatJunit(summary: Summary): string {
  const cases = casesOf(summary);
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = (summary.durationMs / 1000).toFixed(3);
  const lines = cases.map(({ name, failure }) => {
    const attributes = `classname="loadtest.${escapeXml(summary.plan.name)}" name="${escapeXml(name)}" time="0"`;
    if (failure === undefined) return `    <testcase ${attributes}/>`;
    return `    <testcase ${attributes}><failure message="${escapeXml(failure)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}" time="${seconds}">`,
    `  <testsuite name="load test ${escapeXml(summary.plan.name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}" timestamp="${summary.startedAt}">`,
    ...lines,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
