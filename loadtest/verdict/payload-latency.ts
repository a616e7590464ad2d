/**
 * Judges what the payloads' timestamps told: whether they are the instant of emission at all, the latency
 * that follows from them, and how far that may be off.
 *
 * A clock that is plainly no wall clock yields nothing, with the reason, rather than figures that mean nothing.
 */
import type { SummaryPayloadTimestamps } from "../../schemas/index.js";
import type { PayloadReport } from "../generator/protocol.js";
import { slotMs } from "../generator/payload-meter.js";
import { lateMsMax } from "../core/clock-difference.js";
import { LatencyHistogram, type Percentiles } from "../core/histogram.js";
import { medianOf } from "../core/median.js";
import { formatMs } from "../core/format.js";
import type { ClockEvidence } from "../core/server-clock.js";

export interface PayloadLatency {
  readonly payloadLatencyMs: Percentiles;
  readonly payloadTimestamps: SummaryPayloadTimestamps;
}

export interface PayloadEvidence {
  readonly report: PayloadReport;
  readonly clock: ClockEvidence;
  /** Contained in every recorded latency. */
  readonly shiftMs: number;
}

/** No clock that is set at all is further off, and no delivery that late is a latency. */
const farMs = 30_000;
/** Clocks drift apart by less, and servers catch up or fall behind by less, than a second. */
const driftMs = 1000;
const speedMin = 0.5;
const speedMax = 1.5;

export function noPayloadLatency(explanation: string): PayloadLatency {
  return {
    payloadLatencyMs: new LatencyHistogram().percentiles(),
    payloadTimestamps: {
      uncertaintyMs: null,
      resolutionMs: null,
      serverAheadMs: null,
      clockUncertaintyMs: null,
      explanation,
    },
  };
}

/** What several generators read in the payloads of one stream; undefined without any. */
export function mergePayloads(reports: readonly PayloadReport[]): PayloadReport | undefined {
  if (reports.length < 2) return reports[0];
  const lags = new Map<number, number>();
  for (const [slot, leastMs] of reports.flatMap((report) => report.lags))
    lags.set(slot, Math.min(lags.get(slot) ?? Infinity, leastMs));
  return {
    contents: Math.max(...reports.map(({ contents }) => contents)),
    areWholeSeconds: reports.every(({ areWholeSeconds }) => areWholeSeconds),
    latency: LatencyHistogram.merge(reports.map(({ latency }) => latency)).encode(),
    lags: [...lags].toSorted(([a], [b]) => a - b),
    clockErrorMs: Math.max(...reports.map(({ clockErrorMs }) => clockErrorMs)),
  };
}

/** Seconds of the timestamps' clock for each of this machine's, where they plainly differ. */
function findOtherSpeed(lags: PayloadReport["lags"], resolutionMs: number): number | undefined {
  if (lags.length < 2) return undefined;
  const half = Math.floor(lags.length / 2);
  const [before, after] = [lags.slice(0, half), lags.slice(half)];
  const column = (part: PayloadReport["lags"], at: 0 | 1) => medianOf(part.map((lag) => lag[at]));
  const growthMs = column(after, 1) - column(before, 1);
  const speed = 1 - growthMs / ((column(after, 0) - column(before, 0)) * slotMs);
  const isOther = Math.abs(growthMs) > driftMs + resolutionMs && (speed < speedMin || speed > speedMax);
  return isOther ? speed : undefined;
}

function formatAway(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 600) return formatMs(milliseconds);
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} hours` : `${Math.round(seconds / 86_400)} days`;
}

/** The least time from timestamp to arrival as a rule: one strange timestamp does not decide it. */
function leastLagMs({ lags }: PayloadReport): number {
  return medianOf(lags.map(([, leastMs]) => leastMs));
}

/** Timestamps ahead of the server's own clock, by no more than its header may be late, say that it is late. */
function allowLateHeader(clock: ClockEvidence, lagMs: number, errorMs: number): ClockEvidence {
  if (clock.bounds === undefined || clock.isThisHost) return clock;
  const { lowMs, highMs } = clock.bounds;
  const aheadMs = -(lagMs + highMs);
  if (aheadMs <= errorMs || aheadMs > lateMsMax) return clock;
  return { ...clock, bounds: { lowMs, highMs: highMs + lateMsMax } };
}

/** Nothing arrives before it is sent: the server's clock cannot be further behind than that. */
function boundByArrivals(clock: ClockEvidence, lagMs: number, errorMs: number): ClockEvidence {
  if (clock.bounds === undefined) return clock;
  const { lowMs, highMs } = clock.bounds;
  return { ...clock, bounds: { lowMs: Math.min(highMs, Math.max(lowMs, -lagMs - errorMs)), highMs } };
}

/** Why the timestamps are not the instant of emission; undefined where they may be. */
function findImplausible(
  report: PayloadReport,
  { bounds, isThisHost }: ClockEvidence,
  resolutionMs: number,
): string | undefined {
  const lagMs = leastLagMs(report);
  const { lowMs, highMs } = bounds ?? { lowMs: 0, highMs: 0 };
  const aheadMs = -(lagMs + highMs);
  const against = isThisHost || bounds === undefined ? "this machine's clock" : "the server's own clock";
  const meaning =
    bounds === undefined ? "simulated time, or clocks that disagree" : "they are not the instant of emission";
  if (lagMs + lowMs > farMs)
    return `the payloads' timestamps lie ${formatAway(lagMs + lowMs)} behind ${against}: ${meaning}`;
  if (aheadMs > (bounds === undefined ? farMs : resolutionMs + report.clockErrorMs))
    return `the payloads' timestamps lie ${formatAway(aheadMs)} ahead of ${against}: ${meaning}`;
  const speed = findOtherSpeed(report.lags, resolutionMs);
  if (speed === undefined) return undefined;
  const cause = speed > 1 ? "simulated time" : "simulated time, or a server that falls further and further behind";
  return `the payloads' timestamps advance ${Number(speed.toFixed(2))} times as fast as this machine's clock: ${cause}`;
}

function explainClock({ isThisHost, bounds, readings }: ClockEvidence): string {
  if (isThisHost) return "the server is on this host (a loopback address) and has the same clock";
  if (bounds === undefined)
    return "by how much the server's clock differs from this machine's is unknown, because no answer of it had a Date header";
  const aheadMs = (bounds.lowMs + bounds.highMs) / 2;
  const side = aheadMs < 0 ? "behind" : "ahead of";
  return `the server's clock is ${formatMs(Math.abs(aheadMs))} ${side} this machine's, to within ${formatMs((bounds.highMs - bounds.lowMs) / 2)} by the Date header of ${readings} ${readings === 1 ? "answer" : "answers"} and by nothing arriving before it was sent, and is allowed for`;
}

export function judgePayloadLatency({ report, clock: read, shiftMs }: PayloadEvidence): PayloadLatency {
  const { contents, areWholeSeconds, clockErrorMs, lags } = report;
  if (contents === 0)
    return noPayloadLatency(
      "no event had a readable timestamp of its emission (market:update, discussion:new_message)",
    );
  if (lags.length === 0) return noPayloadLatency("no event with a timestamp of its emission came in the measured time");
  const resolutionMs = areWholeSeconds ? 1000 : 1;
  const [lagMs, errorMs] = [leastLagMs(report), resolutionMs + clockErrorMs];
  const asked = allowLateHeader(read, lagMs, errorMs);
  const implausible = findImplausible(report, asked, resolutionMs);
  if (implausible !== undefined) return noPayloadLatency(implausible);
  const clock = boundByArrivals(asked, lagMs, errorMs);
  const { lowMs, highMs } = clock.bounds ?? { lowMs: 0, highMs: 0 };
  const serverAheadMs = (lowMs + highMs) / 2;
  const excessMs = shiftMs - serverAheadMs;
  const clockUncertaintyMs = clock.bounds === undefined ? null : (highMs - lowMs) / 2;
  // Histograms keep three digits of what was recorded, the excess among it.
  const readingMs = clockErrorMs + Math.abs(excessMs) / 1000;
  const { p50, p90, p99, p999, max, count } = LatencyHistogram.merge([report.latency]).percentiles();
  const less = (valueMs: number | null) => (valueMs === null ? null : Math.max(0, valueMs - excessMs));
  return {
    payloadLatencyMs: { p50: less(p50), p90: less(p90), p99: less(p99), p999: less(p999), max: less(max), count },
    payloadTimestamps: {
      uncertaintyMs: clockUncertaintyMs === null ? null : resolutionMs + clockUncertaintyMs + readingMs,
      resolutionMs,
      serverAheadMs: clock.bounds === undefined ? null : serverAheadMs,
      clockUncertaintyMs,
      explanation: `timestamps are read to ${areWholeSeconds ? "the second, all of them being whole ones" : "the millisecond"}; ${explainClock(clock)}`,
    },
  };
}
