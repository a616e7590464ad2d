/** The report's sections, each from the summary alone. */
import type { Summary } from "../../schemas/index.js";
import { utilisationMax } from "../generator/utilisation.js";
import { drawHeat } from "./charts/heat.js";
import { drawSpectrum } from "./charts/spectrum.js";
import { drawStrip } from "./charts/strip.js";
import { escapeXml } from "../escape-xml.js";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatMs,
  formatLatencyBasis,
  formatPercent,
  formatSubscribers,
  formatValue,
  latencyCells,
  latencyHead,
} from "../figures.js";
import { chart, code, mark, paragraph, section, table } from "./markup.js";

const secondsTableMax = 120;

const meanings: Readonly<Record<Summary["verdict"], string>> = {
  PASS: "Everything that was expected arrived, and every threshold holds.",
  FAIL: "The server did not do what it had to:",
  INVALID: "This run can neither praise nor blame the server:",
};

export function describeVerdict({ verdict, reasons, plan, target, clients }: Summary): string {
  const list = reasons.map((reason) => `<li>${escapeXml(reason)}</li>`).join("");
  return `<div class="verdict ${verdict.toLowerCase()}"><span class="word">${verdict}</span><h1>Load test “${escapeXml(plan.name)}”: ${formatSubscribers(clients)} of ${escapeXml(target.url)}</h1>${paragraph(meanings[verdict])}${list === "" ? "" : `<ul>${list}</ul>`}</div>`;
}

export function describeFigures({ deliveries, rates, latencyMs, httpMs }: Summary): string {
  const missing = deliveries.expected - deliveries.received;
  const figures = [
    [
      "Deliveries a second",
      formatCount(rates.deliveriesPerSecond),
      `${formatCount(deliveries.received)} in all, each one checked`,
    ],
    [
      "99 % arrived within",
      formatMs(latencyMs.p99),
      `median ${formatMs(latencyMs.p50)}, slowest ${formatMs(latencyMs.max)}`,
    ],
    [
      "Missing or wrong",
      formatCount(
        missing + deliveries.duplicated + deliveries.reordered + deliveries.unexpected - deliveries.conflated,
      ),
      `of ${formatCount(deliveries.expected)} expected`,
    ],
    ["REST, 90 %", formatMs(httpMs.p90), `${formatCount(httpMs.count)} requests`],
  ];
  return `<dl class="figures">${figures.map(([name, value, more]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}<small>${escapeXml(more)}</small></dd></div>`).join("")}</dl>`;
}

export function describeThresholds({ thresholds }: Summary): string {
  if (thresholds.length === 0) return "";
  const failedFirst = thresholds.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  const rows = failedFirst.map(({ expression, value, passed }) => [
    code(expression),
    formatValue(value),
    mark(passed, "holds", "fails"),
  ]);
  return section("Thresholds", table({ caption: "Thresholds", head: ["Condition", "Measured", "Outcome"], rows }));
}

export function describeLedger({ deliveries, target, clients }: Summary): string {
  const how =
    target.oracle === "regenerated"
      ? "Every delivery was held against the stream regenerated from seed, scenario and command log."
      : `The subscribers were held against each other, because ${target.oracleReason}.`;
  const meanings: readonly (readonly [string, number, string])[] = [
    ["expected", deliveries.expected, "events that were due, for each subscriber"],
    ["received", deliveries.received, "arrived with the expected content"],
    ["lost", deliveries.lost, "never arrived"],
    ["duplicated", deliveries.duplicated, "arrived once more"],
    ["reordered", deliveries.reordered, "arrived out of order"],
    ["corrupted", deliveries.corrupted, "arrived with other content"],
    ["unexpected", deliveries.unexpected, "are no part of the stream"],
    ["conflated", deliveries.conflated, "skipped for planned slow readers, as allowed"],
  ];
  const subscribers = `${formatCount(clients.connected)} subscribers connected: ${formatCount(clients.thin)} thin, ${clients.websocket} socket.io-client over WebSocket, ${clients.polling} over long polling. ${clients.dropped} dropped, ${clients.refused} refused, ${clients.silent} left silent.`;
  return section(
    "Deliveries",
    paragraph(how),
    table({
      caption: "Deliveries",
      head: ["Account", "Deliveries", "Meaning"],
      rows: meanings.map(([name, count, meaning]) => [name, formatCount(count), meaning]),
      words: [2],
    }),
    paragraph(subscribers),
  );
}

export function describeLatency(summary: Summary): string {
  const from =
    summary.target.oracle === "regenerated"
      ? "the tick's intended instant"
      : "the first arrival of the same event at any subscriber";
  const rows = [
    ["Delivery", ...latencyCells(summary.latencyMs)],
    ["Last subscriber", ...latencyCells(summary.completionMs)],
    ["Server began late by", ...latencyCells(summary.latenessMs)],
    ["First to last", ...latencyCells(summary.spreadMs)],
    ["From the payload's timestamp", ...latencyCells(summary.payloadLatencyMs)],
    ["Connecting", ...latencyCells(summary.connectMs)],
  ].filter((row) => row[6] !== "0");
  const head = ["Measured", ...latencyHead];
  const basis = formatLatencyBasis(summary);
  const hasLatency = summary.latencyMs.count > 0;
  return section(
    "Latency",
    paragraph(`A delivery's latency counts from ${from} to its arrival. Nothing is averaged or synthesised.`),
    table({ caption: "Latency", head, rows }),
    ...(basis === "" ? [] : [paragraph(`${basis[0].toUpperCase()}${basis.slice(1)}.`)]),
    ...(hasLatency
      ? [
          "<h3>By percentile</h3>",
          chart("Latency by percentile", drawSpectrum(summary)),
          "<h3>Over time</h3>",
          chart("Latency over time", drawHeat(summary)),
        ]
      : []),
  );
}

export function describeTime({ timeline }: Summary): string {
  if (timeline.length === 0) return "";
  const strips = [
    {
      id: "rate",
      title: "Deliveries a second",
      values: timeline.map(({ deliveries }) => deliveries),
      label: formatCount,
    },
    {
      id: "subscribers",
      title: "Subscribers connected",
      values: timeline.map(({ connected }) => connected),
      label: formatCount,
    },
    {
      id: "requests",
      title: "REST answers a second",
      values: timeline.map(({ requests }) => requests),
      label: formatCount,
    },
    {
      id: "busy",
      title: "Busiest generator; beyond the dashed line a run cannot be trusted",
      values: timeline.map(({ utilisation }) => utilisation),
      label: formatPercent,
      limit: utilisationMax,
    },
  ].filter(({ values }) => values.some((value) => value > 0));
  const every = Math.max(1, Math.ceil(timeline.length / secondsTableMax));
  const rows = timeline
    .filter((_, at) => at % every === 0)
    .map(({ second, connected, deliveries, requests, p50, p99, max, utilisation }) => [
      formatClock(second),
      formatCount(connected),
      formatCount(deliveries),
      formatCount(requests),
      formatMs(p50),
      formatMs(p99),
      formatMs(max),
      formatPercent(utilisation),
    ]);
  const head = ["Time", "Subscribers", "Deliveries", "REST", "p50", "p99", "max", "Generator"];
  return section(
    "Rates and connections",
    ...strips.map((strip) => `<h3>${escapeXml(strip.title)}</h3>${chart(strip.title, drawStrip(strip))}`),
    `<details><summary>The seconds as a table</summary>${table({ caption: "Seconds", head, rows })}</details>`,
  );
}

export function describeEvents({ events, conformance, divergences }: Summary): string {
  const rows = events.map(({ event, received, lost, corrupted, unexpected }) => [
    code(event),
    ...[received, lost, corrupted, unexpected].map(formatCount),
  ]);
  const fields = [
    ...conformance.details.map((fault) => ({ ...fault, source: "contract" })),
    ...divergences.map((fault) => ({ ...fault, source: "oracle" })),
  ];
  const faultRows = fields
    .slice(0, 50)
    .map(({ event, pointer, detail, deliveries, source }) => [
      code(event),
      code(pointer === "" ? "/" : pointer),
      detail,
      source,
      formatCount(deliveries),
    ]);
  const checked = `${formatCount(conformance.checked)} deliveries of ${formatCount(conformance.distinct)} distinct contents were held against the schemas: ${conformance.violations === 0 ? "no violation" : `${formatCount(conformance.violations)} violations`}.`;
  return section(
    "Events and conformance",
    table({ caption: "Events", head: ["Event", "Received", "Lost", "Corrupted", "Unexpected"], rows }),
    paragraph(checked),
    faultRows.length === 0
      ? ""
      : table({
          caption: "Faults in content",
          head: ["Event", "Field", "What is wrong", "Against", "Deliveries"],
          rows: faultRows,
          words: [2],
        }),
  );
}

export function describeRest({ http }: Summary): string {
  if (http.routes.length === 0) return "";
  const rows = http.routes.map(({ route, perSecond, requests, errors, failed, latencyMs }) => [
    code(route),
    String(perSecond),
    formatCount(requests),
    formatCount(failed),
    formatCount(errors),
    formatMs(latencyMs.p50),
    formatMs(latencyMs.p90),
    formatMs(latencyMs.p99),
  ]);
  return section(
    "REST beside the subscribers",
    table({
      caption: "REST",
      head: ["Route", "Planned/s", "Answered", "4xx, 5xx", "No answer", "p50", "p90", "p99"],
      rows,
    }),
  );
}

export function describeWorst({ fairness }: Summary): string {
  if (fairness.worst.length === 0) return "";
  const rows = fairness.worst.map(({ subscriber, faults, latencyMeanMs, latencyMaxMs }) => [
    subscriber,
    formatCount(faults),
    formatMs(latencyMeanMs),
    formatMs(latencyMaxMs),
  ]);
  const diverged = fairness.worst.filter(({ divergence }) => divergence !== null).slice(0, 5);
  const details = diverged.map(({ subscriber, divergence }) =>
    divergence === null
      ? ""
      : `<h3>${escapeXml(`${subscriber}: ${divergence.kind} at tick ${divergence.tick}, ${divergence.secondsIn.toFixed(1)} s into the run`)}</h3><pre>expected ${escapeXml(divergence.expected === "" ? "nothing" : divergence.expected)}\nreceived ${escapeXml(divergence.received === "" ? "nothing" : divergence.received)}</pre>`,
  );
  return section(
    "The worst subscribers",
    paragraph(
      `Mean latency of a subscriber: median ${formatMs(fairness.medianMs)}, worst ${formatMs(fairness.worstMs)}.`,
    ),
    table({
      caption: "The worst subscribers",
      head: ["Subscriber", "Faults", "Mean latency", "Largest latency"],
      rows,
    }),
    ...details,
  );
}

export function describeHealth({
  generator,
  server,
  environment,
  seed,
  scenario,
  digest,
  target,
  ticks,
}: Summary): string {
  const evidence =
    generator.evidence.length === 0
      ? "No evidence against the generator."
      : `Against the generator: ${generator.evidence.join("; ")}.`;
  const rows: (readonly [string, string])[] = [
    ["Generator processes", generator.workers === 0 ? "none of their own" : String(generator.workers)],
    ["Busiest second of a generator", formatPercent(generator.utilisationMax)],
    ["Memory of a generator", formatBytes(generator.rssBytesMax)],
    ["Server more than a second late", `${server.slips} times`],
    [
      "Simulated seconds a second",
      server.speed === null ? "–" : `${server.speed} asked for, ${formatValue(server.speedAchieved)} achieved`,
    ],
    [
      "Ticks measured",
      `${formatCount(ticks.count)}, ${ticks.intervalMs === 0 ? "each event as one" : `every ${formatMs(ticks.intervalMs)}`}`,
    ],
    ["Seed and scenario", seed === null ? "unknown" : `${seed}, ${scenario ?? "unknown"}`],
    ["Digest of the stream", digest ?? "unknown"],
    ["Simulator", target.simulatorVersion ?? "unknown"],
    ["Machine", `${environment.cpuModel}, ${environment.cores} cores, ${formatBytes(environment.memoryBytes)}`],
    ["System", `${environment.platform}, Node ${environment.node}, ulimit -n ${environment.openFilesMax ?? "unknown"}`],
  ];
  return section(
    "Health and environment",
    paragraph(evidence),
    ...server.troubles.map(paragraph),
    table({ caption: "Health and environment", head: ["What", "Found"], rows, words: [1] }),
  );
}
