/** How figures are written for people, the same on the screen, in Markdown and on the page. */
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

/** A value as a threshold compares it: no unit, no needless digits. */
export function formatValue(value: number | null): string {
  return value === null ? "nothing measured" : String(Number(value.toFixed(3)));
}

/** What the latency from another host's clock, or from the payloads' timestamps, rests on; empty where it needs no word. */
export function formatLatencyBasis(summary: Summary): string {
  return summary.target.oracle === "regenerated" ? formatClockBasis(summary) : formatPayloadBasis(summary);
}

function formatClockBasis({ latencyMs, latencyUncertaintyMs }: Summary): string {
  if (latencyMs.count === 0 || latencyUncertaintyMs === 0) return "";
  return `latency is ± ${formatMs(latencyUncertaintyMs)}: the server is on another host, and the difference of the monotonic clocks is known from round trips`;
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
