/** What became of the deliveries: in all, by event and field, and of the subscribers that fared worst. */
import type { Percentiles, Summary, SummaryEvent } from "../../../schemas/index.js";
import { escapeXml } from "../../core/escape-xml.js";
import { describeAbsences, formatCount, formatMs, formatSeconds } from "../../core/format.js";
import { code, paragraph, section, table } from "../markup.js";

export function describeDeliveries(summary: Summary): string {
  const { deliveries, target, clients } = summary;
  const how =
    target.oracle === "regenerated"
      ? "Every delivery was compared with the stream regenerated from seed, scenario and command log."
      : `The subscribers were compared with each other, because ${target.oracleReason}. A loss, a duplicate, an order or a changed value that is the same for all of them cannot be seen this way. What differs is decided by the majority: with two of them, a loss of one may be a duplicate of the other, and either order may be the wrong one. Among identical events, which of them was lost or doubled is a guess.`;
  const meanings: readonly (readonly [string, number, string])[] = [
    ["expected", deliveries.expected, "events that were due, for each subscriber"],
    ["received", deliveries.received, "arrived with the expected content"],
    ["lost", deliveries.lost, "never arrived"],
    ["duplicated", deliveries.duplicated, "arrived once more"],
    ["reordered", deliveries.reordered, "arrived out of order"],
    ["corrupted", deliveries.corrupted, "arrived with other content"],
    ["unexpected", deliveries.unexpected, "are no part of the stream"],
    ["conflated", deliveries.conflated, "skipped for planned slow readers, as allowed"],
    ["missed", deliveries.missed, "left while the subscriber was away by plan"],
  ];
  const subscribers = `${formatCount(clients.connected)} subscribers connected: ${formatCount(clients.thin)} thin (${formatCount(clients.compressed)} with permessage-deflate), ${clients.websocket} socket.io-client over WebSocket, ${clients.polling} over long polling. ${clients.dropped} dropped, ${clients.refused} refused, ${clients.silent} left silent.`;
  return section(
    "Deliveries",
    paragraph(how),
    table({
      caption: "Deliveries",
      head: ["Outcome", "Deliveries", "Meaning"],
      rows: meanings.map(([name, count, meaning]) => [name, formatCount(count), meaning]),
      words: [2],
    }),
    paragraph(subscribers),
    ...describeAbsences(summary).map((sentence) => paragraph(sentence)),
  );
}

/** As many columns as fit on paper. */
const partHead = ["Received", "Lost", "Other faults", "p50", "p99", "Max"];

type PartCounts = Pick<SummaryEvent, "received" | "lost" | "duplicated" | "reordered" | "corrupted" | "unexpected">;

function partCells(counts: PartCounts, { p50, p99, max }: Percentiles): string[] {
  const { received, lost, duplicated, reordered, corrupted, unexpected } = counts;
  const others = duplicated + reordered + corrupted + unexpected;
  return [...[received, lost, others].map(formatCount), ...[p50, p99, max].map(formatMs)];
}

/** Each measured stage, and each kind of subscriber. */
export function describeParts({ stages, transports }: Summary): string {
  if (stages.length === 0) return "";
  const stageRows = stages.map(({ stage, durationMs, latencyMs, ...counts }) => [
    stage,
    formatSeconds(durationMs),
    ...partCells(counts, latencyMs),
  ]);
  const kindRows = transports.map(({ transport, connected, deliveries, latencyMs }) => [
    transport,
    formatCount(connected),
    ...partCells(deliveries, latencyMs),
  ]);
  return section(
    "Stages and transports",
    paragraph("What is lost counts for the stage in which it was due, everything else for that in which it came."),
    table({ caption: "Stages", head: ["Stage", "Length", ...partHead], rows: stageRows }),
    table({ caption: "Transports", head: ["Transport", "Subscribers", ...partHead], rows: kindRows }),
  );
}

export function describeEvents({ events, conformance, divergences }: Summary): string {
  const rows = events.map(({ event, latencyMs, received, lost, duplicated, reordered, corrupted, unexpected }) => [
    code(event),
    ...[received, lost, duplicated, reordered, corrupted, unexpected].map(formatCount),
    formatMs(latencyMs.p99),
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
  const checked = `${formatCount(conformance.checked)} deliveries of ${formatCount(conformance.distinct)} distinct contents were checked against the schemas: ${conformance.violations === 0 ? "no violation" : `${formatCount(conformance.violations)} violations`}.`;
  return section(
    "Events and conformance",
    table({
      caption: "Events",
      head: ["Event", "Received", "Lost", "Duplicated", "Reordered", "Corrupted", "Unexpected", "p99"],
      rows,
    }),
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
