/** report.html: one file that needs nothing else, readable without script, on paper and on a telephone. */
import type { Summary } from "../../schemas/index.js";
import { escapeXml } from "../core/escape-xml.js";
import { describeAddresses } from "./sections/addresses.js";
import { describeEvents, describeDeliveries, describeWorst } from "./sections/deliveries.js";
import { describeHealth } from "./sections/health.js";
import { describeLatency } from "./sections/latency.js";
import { describeFigures, describeThresholds, describeVerdict } from "./sections/outcome.js";
import { describeRest } from "./sections/rest.js";
import { describeTime } from "./sections/seconds.js";
import { style } from "./style.js";

export function formatPage(summary: Summary): string {
  const title = `${summary.verdict}: load test ${summary.plan.name}`;
  const body = [
    describeVerdict(summary),
    describeFigures(summary),
    describeThresholds(summary),
    describeDeliveries(summary),
    describeAddresses(summary),
    describeLatency(summary),
    describeTime(summary),
    describeEvents(summary),
    describeRest(summary),
    describeWorst(summary),
    describeHealth(summary),
    `<section><h2>Again</h2><pre>${escapeXml(summary.command)}</pre></section>`,
  ].join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeXml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<footer><p>${escapeXml(`max-harness ${summary.version}, ${summary.startedAt}, ${(summary.durationMs / 1000).toFixed(1)} s measured. Plan: ${summary.plan.description}`)}</p></footer>
</body>
</html>
`;
}
