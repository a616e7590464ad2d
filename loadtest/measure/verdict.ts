/**
 * The verdict.
 *
 * What no overloaded generator can bring about (wrong, doubled or swapped content, refused subscribers,
 * frames that never came although the connection stood) is a FAIL whatever else there is. Everything
 * that time decides is INVALID when there is evidence against the generator, and so is a run that was
 * ended by hand.
 */
import type { Summary } from "../../schemas/index.js";
import { formatSeconds, formatValue } from "../figures.js";
import { type Threshold, type ThresholdOutcome, findThinPercentile, judgeThreshold } from "./thresholds.js";

export type Judged = Pick<Summary, "verdict" | "reasons" | "thresholds">;
type Unjudged = Omit<Summary, "verdict" | "reasons" | "thresholds">;

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function contentReasons({ deliveries, conformance, divergences }: Unjudged): string[] {
  const reasons: string[] = [];
  const named = [...conformance.details, ...divergences].slice(0, 3);
  const fields = named.map(({ event, pointer, detail }) => `${event} ${pointer} ${detail}`.replace(/\s+/g, " "));
  if (conformance.violations > 0)
    reasons.push(
      `${plural(conformance.violations, "delivery").replace("deliverys", "deliveries")} break the contract: ${fields.join("; ")}`,
    );
  if (deliveries.corrupted > 0) reasons.push(`${deliveries.corrupted} corrupted: ${fields.join("; ")}`);
  if (deliveries.duplicated > 0) reasons.push(`${deliveries.duplicated} duplicated`);
  if (deliveries.reordered > 0) reasons.push(`${deliveries.reordered} reordered`);
  if (deliveries.unexpected > 0) reasons.push(`${deliveries.unexpected} unexpected`);
  return reasons;
}

function lossReasons({ deliveries, clients, server }: Unjudged): string[] {
  const reasons: string[] = [];
  if (deliveries.lost > 0) reasons.push(`${deliveries.lost} of ${deliveries.expected} deliveries lost`);
  if (clients.dropped > 0) reasons.push(`${plural(clients.dropped, "subscriber")} dropped`);
  if (clients.refused > 0) reasons.push(`${plural(clients.refused, "subscriber")} refused`);
  if (clients.silent > 0) reasons.push(`${plural(clients.silent, "subscriber")} left silent`);
  if (server.slips > 0)
    reasons.push(`the server was more than a second late ${server.slips === 1 ? "once" : `${server.slips} times`}`);
  return [...reasons, ...server.troubles];
}

/** A run that was ended by hand proves nothing that it did not show: it is no PASS, and misses no threshold. */
function interruptionOf({ interrupted, durationMs, plan }: Unjudged): string[] {
  if (!interrupted) return [];
  const measured = plan.stages[0].kind === "ramp" ? plan.stages.slice(1) : plan.stages;
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

/** What was measured; where the payloads' timestamps could not be used, why. */
function describeValue({ expression, value }: ThresholdOutcome, { payloadTimestamps }: Unjudged): string {
  return value === null && expression.startsWith("payload") ? payloadTimestamps.explanation : formatValue(value);
}

export function judge(summary: Unjudged, thresholds: readonly Threshold[]): Judged {
  const outcomes = thresholds.map((threshold) => judgeThreshold(threshold, summary));
  const missed = outcomes
    .filter(({ passed }) => !passed)
    .map((outcome) => `${outcome.expression} does not hold: ${describeValue(outcome, summary)}`);
  const content = contentReasons(summary);
  const loss = lossReasons(summary);
  const { evidence } = summary.generator;
  const interruption = interruptionOf(summary);
  const verdictOf = (verdict: Summary["verdict"], reasons: readonly string[]): Judged => ({
    verdict,
    reasons: [...reasons],
    thresholds: outcomes,
  });
  if (content.length > 0 || (evidence.length === 0 && loss.length > 0))
    return verdictOf("FAIL", [...content, ...loss, ...(summary.interrupted ? interruption : missed)]);
  if (summary.interrupted) return verdictOf("INVALID", [...interruption, ...evidence, ...loss]);
  const doubts = [...evidence, ...findTooLittle(summary, thresholds)];
  if (doubts.length > 0) return verdictOf("INVALID", [...doubts, ...loss, ...missed]);
  return verdictOf(missed.length > 0 ? "FAIL" : "PASS", missed);
}
