/**
 * The verdict.
 *
 * What no overloaded generator can bring about (wrong, doubled or swapped content, refused subscribers,
 * another timeline) is a FAIL whatever else there is. Everything that time decides is INVALID when there is
 * evidence against the generator: one that answers no ping is dropped by its own fault, and loses what it did
 * not read. INVALID, too, is a run that was ended by hand and had shown no fault by then.
 */
import type { Summary } from "../../schemas/index.js";
import { missedMsMax } from "../core/scheduling.js";
import { describeRouteFaults, formatMs, formatRatio, formatSeconds, formatValue } from "../core/format.js";
import { type Threshold, type ThresholdOutcome, findThinPercentile, judgeThreshold, keepsLimit } from "./thresholds.js";

export type Judged = Pick<Summary, "verdict" | "reasons" | "thresholds">;
type Unjudged = Omit<Summary, "verdict" | "reasons" | "thresholds">;

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Faults that are the server's however busy the generator was. */
function certainReasons({ deliveries, conformance, divergences, clients, server }: Unjudged): string[] {
  const reasons: string[] = [];
  const named = [...conformance.details, ...divergences].slice(0, 3);
  const fields = named.map(({ event, pointer, detail }) => `${event} ${pointer} ${detail}`.replace(/\s+/g, " "));
  if (conformance.violations > 0)
    reasons.push(
      `${plural(conformance.violations, "delivery", "deliveries")} break the contract: ${fields.join("; ")}`,
    );
  if (deliveries.corrupted > 0) reasons.push(`${deliveries.corrupted} corrupted: ${fields.join("; ")}`);
  if (deliveries.duplicated > 0) reasons.push(`${deliveries.duplicated} duplicated`);
  if (deliveries.reordered > 0) reasons.push(`${deliveries.reordered} reordered`);
  if (deliveries.unexpected > 0) reasons.push(`${deliveries.unexpected} unexpected`);
  if (clients.refused > 0)
    reasons.push(`${plural(clients.refused, "subscriber")} refused: ${clients.refusals.join("; ")}`);
  return [...reasons, ...server.errors];
}

/** Each route that did not answer as it had to, with the statuses and reasons. Answers that a threshold allows are left out. */
function routeReasons(
  { http }: Unjudged,
  outcomes: readonly ThresholdOutcome[],
): { failed: string[]; unanswered: string[] } {
  const limits = outcomes.filter(({ expression }) => /^http\.failed\b/.test(expression));
  const isAllowed = limits.length > 0 && limits.every(({ passed }) => passed);
  const failed = http.routes.filter((route) => route.failed > 0 && !isAllowed);
  const unanswered = http.routes.filter((route) => route.errors > 0 && !failed.includes(route));
  return { failed: failed.map(describeRouteFaults), unanswered: unanswered.map(describeRouteFaults) };
}

/** Faults that a generator without time brings about, too. */
function timeReasons({ deliveries, clients, server }: Unjudged): string[] {
  const reasons: string[] = [];
  if (deliveries.lost > 0) reasons.push(`${deliveries.lost} of ${deliveries.expected} deliveries lost`);
  if (clients.dropped > 0)
    reasons.push(`${plural(clients.dropped, "subscriber")} dropped: ${clients.drops.join("; ")}`);
  if (clients.silent > 0) reasons.push(`${plural(clients.silent, "subscriber")} left silent`);
  if (server.slips > 0)
    reasons.push(`the server was more than a second late ${server.slips === 1 ? "once" : `${server.slips} times`}`);
  return reasons;
}

/** A run that was ended by hand proves nothing that it did not show: it is no PASS, and misses no threshold. */
function interruptionOf({ interrupted, durationMs, plan }: Unjudged): string[] {
  if (!interrupted) return [];
  const measured = plan.stages[0]?.kind === "ramp" ? plan.stages.slice(1) : plan.stages;
  const plannedMs = measured.reduce((sum, stage) => sum + stage.durationMs, 0);
  return [
    `interrupted after ${formatSeconds(durationMs)} of ${formatSeconds(plannedMs)}: the plan was not carried out`,
  ];
}

/** Thresholds that rest on too few samples, and a run in which nothing was due. */
function findTooLittle(summary: Unjudged, thresholds: readonly Threshold[]): string[] {
  const thin = thresholds
    .map((threshold) => findThinPercentile(threshold, summary))
    .filter((reason) => reason !== undefined);
  if (summary.deliveries.expected > 0) return thin;
  return [...thin, "the oracle expected nothing: no event was due while subscribers were connected"];
}

/**
 * Limits set by a baseline that are missed by less than the noise, or by runs too short to tell how large that is.
 * Values whose noise is not known are judged as they are.
 */
function findNoise(
  { comparison }: Unjudged,
  thresholds: readonly Threshold[],
  outcomes: readonly ThresholdOutcome[],
): string[] {
  return thresholds.flatMap(({ expression, path, comparison: operator, baselineTimes }, at) => {
    const compared = comparison?.percentiles.find((one) => one.path === path);
    if (baselineTimes === undefined || compared === undefined || operator[0] !== "<" || outcomes[at]!.passed) return [];
    const { ratio, ratioMin, ratioMax } = compared;
    if (ratio === null) return [];
    if (ratioMin === null || ratioMax === null)
      return [`${expression} is missed, but ${comparison?.reasons.join("; ") ?? "nothing can be concluded"}`];
    if (ratioMin > baselineTimes) return [];
    const interval = `${formatRatio(ratio)}, ${formatRatio(ratioMin)} to ${formatRatio(ratioMax)}`;
    return [`${expression} is missed by no more than noise (${interval})`];
  });
}

/** What was measured; where that could not be, why, if it is known. */
function describeValue({ expression, value }: ThresholdOutcome, { payloadTimestamps, server }: Unjudged): string {
  if (value !== null) return formatValue(value);
  if (expression.startsWith("payload")) return payloadTimestamps.explanation;
  const isCost = /^server\.(?:cpu|resident|eventLoop|gc)/.test(expression) && server.costExplanation !== null;
  return isCost ? `not known: ${server.costExplanation}` : formatValue(value);
}

/** Figures that a late reader makes larger. Counts and rates are none: what comes late has come. */
const delayed = /(?:^|\.)(?:\w+Ms\.(?:p\d+(?:\.\d+)?|max)|fairness\.\w+Ms|latencyUncertaintyMs)$/;
/** Of the measured time without a processor. Below it no percentile up to p99 changes. */
const missedShareMax = 0.01;

/** Why limits in time may be missed by the generator's fault; undefined when one of them is not. */
function findExcuse(
  { generator: { missedMs, arrivalMs }, durationMs }: Unjudged,
  thresholds: readonly Threshold[],
  outcomes: readonly ThresholdOutcome[],
): string | undefined {
  // More at once would be evidence. A late reader has to catch up, too, which doubles it at most.
  const delayMsMax = missedMs <= durationMs * missedShareMax ? 0 : 2 * Math.min(missedMs, missedMsMax);
  const reasons = new Set<string>();
  for (const [index, outcome] of outcomes.entries()) {
    const { path, comparison, limit, baselineTimes } = thresholds[index]!;
    const { expression, value, passed } = outcome;
    if (passed) continue;
    if (value === null || comparison[0] !== "<" || !delayed.test(path)) return undefined;
    // A baseline's latency has its generator's time in it, too.
    const isComparable = path.startsWith("latencyMs.") && baselineTimes === undefined;
    const earliestMs = isComparable ? arrivalMs[path.slice("latencyMs.".length)] : undefined;
    if (delayMsMax > 0 && value - delayMsMax <= limit)
      reasons.add(
        `the generator was not given a processor for ${Math.round(missedMs)} ms of ${formatSeconds(durationMs)} (a quota, a pause, or a busy host)`,
      );
    else if (typeof earliestMs === "number" && keepsLimit(thresholds[index]!, earliestMs))
      reasons.add(
        `the generator may have read too late for ${expression}: ${formatValue(value)}, where the deliveries can have arrived from ${formatValue(earliestMs)} on (more workers, or another machine)`,
      );
    else return undefined;
  }
  return reasons.size === 0 ? undefined : [...reasons].join("; ");
}

/** So small a part of a limit may be uncertain without a word. */
const uncertainShareMax = 0.1;

/** Limits in time that are kept by less than the clocks of several hosts may be off. */
function findUncertain(
  { latencyUncertaintyMs }: Unjudged,
  thresholds: readonly Threshold[],
  outcomes: readonly ThresholdOutcome[],
): string[] {
  return thresholds.flatMap(({ expression, path, limit }, at) => {
    const { value, passed } = outcomes[at]!;
    const isAboutInstants = /(?:^|\.)(?:latencyMs|completionMs|latenessMs)\./.test(path);
    if (!passed || value === null || !isAboutInstants || latencyUncertaintyMs <= limit * uncertainShareMax) return [];
    if (keepsLimit(thresholds[at]!, value + latencyUncertaintyMs)) return [];
    return [
      `${expression} holds at ${formatValue(value)} by less than the clocks may be off (${formatMs(latencyUncertaintyMs)})`,
    ];
  });
}

export function judge(summary: Unjudged, thresholds: readonly Threshold[]): Judged {
  const outcomes = thresholds.map((threshold) => judgeThreshold(threshold, summary));
  const failed = outcomes.filter(({ passed }) => !passed);
  const missed = [
    ...(summary.aborted === null ? [] : [summary.aborted]),
    ...failed.map((outcome) => `${outcome.expression} does not hold: ${describeValue(outcome, summary)}`),
  ];
  const routes = routeReasons(summary, outcomes);
  const certain = [...certainReasons(summary), ...routes.failed];
  const untimely = [...timeReasons(summary), ...routes.unanswered];
  const { evidence } = summary.generator;
  const interruption = interruptionOf(summary);
  const verdictOf = (verdict: Summary["verdict"], reasons: readonly string[]): Judged => ({
    verdict,
    reasons: [...reasons],
    thresholds: outcomes,
  });
  if (certain.length > 0 || (evidence.length === 0 && untimely.length > 0))
    return verdictOf("FAIL", [...certain, ...untimely, ...(summary.interrupted ? interruption : missed)]);
  if (summary.interrupted) return verdictOf("INVALID", [...interruption, ...evidence, ...untimely]);
  const excuse = evidence.length === 0 ? findExcuse(summary, thresholds, outcomes) : undefined;
  const inconclusive = [
    ...evidence,
    ...(excuse === undefined ? [] : [excuse]),
    ...findTooLittle(summary, thresholds),
    ...findNoise(summary, thresholds, outcomes),
    ...findUncertain(summary, thresholds, outcomes),
  ];
  if (inconclusive.length > 0) return verdictOf("INVALID", [...inconclusive, ...untimely, ...missed]);
  return verdictOf(missed.length > 0 ? "FAIL" : "PASS", missed);
}
