/** How figures are written for people, the same on the screen, in Markdown and on the page. */
import { unverifiedNotice } from "./certificates.js";
import type { Percentiles, Summary, SummaryAddress, SummaryRoute } from "../../schemas/index.js";

export function formatMs(value: number | null): string {
  if (value === null) return "–";
  if (value < 10) return `${value.toFixed(2)} ms`;
  return value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`;
}

export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

export function formatBytes(bytes: number): string {
  return bytes >= 1 << 30 ? `${(bytes / (1 << 30)).toFixed(1)} GiB` : `${Math.round(bytes / (1 << 20))} MiB`;
}

export const latencyHead = ["p50", "p90", "p99", "p99.9", "max", "samples"] as const;

/** The cells of a table of latencies below `latencyHead`. */
export function latencyCells({ p50, p90, p99, p999, max, count }: Percentiles): string[] {
  return [...[p50, p90, p99, p999, max].map(formatMs), formatCount(count)];
}

/** What a route did not answer as it had to, with the reasons; empty where it did. */
export function describeRouteFaults({ route, requests, failed, errors, reasons }: SummaryRoute): string {
  const counts = [
    ...(failed > 0 ? [`${formatCount(failed)} of ${formatCount(requests)} answers failed`] : []),
    ...(errors > 0 ? [`${formatCount(errors)} requests without an answer`] : []),
  ];
  return counts.length === 0 ? "" : `${route}: ${counts.join(", ")} (${reasons.slice(0, 5).join("; ")})`;
}

/** What became of those that were cut off by plan; empty where nobody was. */
export function describeAbsences({ absences, deliveries }: Summary): string[] {
  const { dropped, returned, resumed, resumedShare, backMs, replayMs } = absences;
  if (dropped === 0) return [];
  const replay =
    replayMs.count === 0 ? "" : `; replayed within ${formatMs(replayMs.p50)} (p50), ${formatMs(replayMs.p99)} (p99)`;
  return [
    `Cut off by plan ${formatCount(dropped)} times: ${formatCount(returned)} returned, within ${formatMs(backMs.p50)} (p50), ${formatMs(backMs.p99)} (p99); ${formatCount(resumed)} sessions resumed (${formatPercent(resumedShare ?? 0)})${replay}; ${formatCount(deliveries.missed)} events missed.`,
  ];
}

/** How the requests were sent, and what the saturation came to: sentences, none where there is nothing to tell. */
export function describeSending({ http, plan }: Summary): string[] {
  const { sendLateMs, waited, saturation } = http;
  const sent =
    sendLateMs.count === 0
      ? []
      : [
          `REST latencies count from when a request was due; it was sent ${formatMs(sendLateMs.p99)} later (p99)${waited > 0 ? `, and ${formatCount(waited)} waited for one of ${plan.rest?.connections ?? "the"} connections` : ""}`,
        ];
  if (saturation === null) return sent;
  const { route, connections, requestsPerSecond, durationMs, failed, errors } = saturation;
  const faults = failed + errors === 0 ? "" : `, ${formatCount(failed)} failed, ${formatCount(errors)} unanswered`;
  return [
    ...sent,
    `saturation: ${formatCount(requestsPerSecond)} requests a second over ${connections} connections for ${formatSeconds(durationMs)} (${route}, a closed loop${faults})`,
  ];
}

/** What a reader must know of the connection: that anybody could have answered; nothing where TLS was verified, or is none. */
export function describeTrust({ target }: Summary): string[] {
  return target.certificate === "unverified" ? [unverifiedNotice] : [];
}

/** A length of time. */
export function formatSeconds(durationMs: number): string {
  return `${Number((durationMs / 1000).toFixed(1))} s`;
}

/** How many were there at once; where some came and went, how many in all. */
export function formatSubscribers({ connected, planned }: Summary["clients"]): string {
  if (connected <= planned) return `${formatCount(connected)} subscribers`;
  return `${formatCount(planned)} subscribers (${formatCount(connected)} with those that came and went)`;
}

/** What was tested, by all of its addresses. */
export function formatAddresses({ addresses }: Summary): string {
  return addresses.map(({ url }) => url).join(", ");
}

export const addressHead = ["subscribers", "dropped", "refused", "received", "wrong", "p50", "p99", "REST faults"];

/** The cells of an address below `addressHead`. Wrong is what was lost, doubled, swapped, changed or added. */
export function addressCells({ connected, dropped, refused, deliveries, latencyMs, http }: SummaryAddress): string[] {
  const { lost, duplicated, reordered, corrupted, unexpected } = deliveries;
  const wrong = lost + duplicated + reordered + corrupted + unexpected;
  return [
    ...[connected, dropped, refused, deliveries.received, wrong].map(formatCount),
    ...[latencyMs.p50, latencyMs.p99].map(formatMs),
    formatCount(http.errors + http.failed),
  ];
}

/** One value by another, in as many digits as mean something; without a sign, where a heading says what it is. */
export function formatFactor(ratio: number): string {
  return ratio.toPrecision(ratio < 1 ? 2 : 3);
}

/** The same with the sign of a factor. */
export function formatRatio(ratio: number): string {
  return `× ${formatFactor(ratio)}`;
}

/** A value as a threshold compares it: no unit, no needless digits. */
export function formatValue(value: number | null): string {
  return value === null ? "nothing measured" : String(Number(value.toFixed(3)));
}

/** What the latency from another host's clock, or from the payloads' timestamps, rests on; empty where it needs no word. */
export function formatLatencyBasis(summary: Summary): string {
  return summary.target.oracle === "regenerated" ? formatClockBasis(summary) : formatPayloadBasis(summary);
}

function formatClockBasis({ latencyMs, latencyUncertaintyMs, generator }: Summary): string {
  if (latencyMs.count === 0 || latencyUncertaintyMs === 0) return "";
  const who = generator.hosts.length > 0 ? "agents and server are on several hosts" : "the server is on another host";
  return `latency is ± ${formatMs(latencyUncertaintyMs)}: ${who}, and the difference of the monotonic clocks is known from round trips`;
}

function formatPayloadBasis({ payloadLatencyMs, payloadTimestamps }: Summary): string {
  const { uncertaintyMs, explanation } = payloadTimestamps;
  if (payloadLatencyMs.count === 0) return `no latency from the payload's timestamp: ${explanation}`;
  const bound = uncertaintyMs === null ? "with unknown uncertainty" : `± ${formatMs(uncertaintyMs)}`;
  return `latency from the payload's timestamp is ${bound}: ${explanation}`;
}

/** Seconds as a clock shows them. */
export function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
