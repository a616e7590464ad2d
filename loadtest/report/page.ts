/** report.html: the sections of a load test. */
import type { Summary } from "../../schemas/index.js";
import { escapeXml } from "../core/escape-xml.js";
import { formatDocument } from "./document.js";
import { describeBaseline } from "./comparison/section.js";
import { describeAddresses } from "./sections/addresses.js";
import { describeDeliveries, describeEvents, describeParts, describeWorst } from "./sections/deliveries.js";
import { describeHealth } from "./sections/health.js";
import { describeLatency } from "./sections/latency.js";
import { describeFigures, describeThresholds, describeVerdict } from "./sections/outcome.js";
import { describeRestarts } from "./sections/restarts.js";
import { describeRest } from "./sections/rest.js";
import { describeTime } from "./sections/seconds.js";

export function titleOf({ verdict, plan }: Summary): string {
  return `${verdict}: load test ${plan.name}`;
}

/** All sections, as markup. */
export function formatSections(summary: Summary): string {
  return [
    describeVerdict(summary),
    describeFigures(summary),
    describeThresholds(summary),
    ...(summary.comparison === null ? [] : [describeBaseline(summary.comparison)]),
    describeDeliveries(summary),
    describeAddresses(summary),
    describeRestarts(summary),
    describeLatency(summary),
    describeTime(summary),
    describeParts(summary),
    describeEvents(summary),
    describeRest(summary),
    describeWorst(summary),
    describeHealth(summary),
    `<section><h2>Again</h2><pre>${escapeXml(summary.command)}</pre></section>`,
  ].join("\n");
}

export function formatPage(summary: Summary): string {
  const seconds = (summary.durationMs / 1000).toFixed(1);
  return formatDocument({
    title: titleOf(summary),
    body: formatSections(summary),
    footer: `max-harness ${summary.version}, ${summary.startedAt}, ${seconds} s measured. Plan: ${summary.plan.description}`,
  });
}
