/** When a scenario's scenario events happen, within a stretch of simulated time. */
import type { ScenarioEvent } from "../../../schemas/generated/types.js";
import { parseDuration } from "../../../schemas/quantities.js";

export interface Occurrence {
  readonly scenarioEvent: ScenarioEvent;
  /** Simulated milliseconds after the start. */
  readonly atMs: number;
}

/** More are not told apart on a line. */
const occurrencesMax = 80;

/** Those from `fromMs` to before `toMs`, simulated milliseconds after the start, in order. */
export function occurrencesBetween(
  scenarioEvents: readonly ScenarioEvent[],
  fromMs: number,
  toMs: number,
): Occurrence[] {
  const found: Occurrence[] = [];
  for (const scenarioEvent of scenarioEvents) {
    const firstMs = parseDuration(scenarioEvent.at);
    const everyMs = scenarioEvent.every === undefined ? Infinity : parseDuration(scenarioEvent.every);
    const isOver = firstMs < fromMs;
    if (isOver && everyMs === Infinity) continue;
    let atMs = isOver ? firstMs + Math.ceil((fromMs - firstMs) / everyMs) * everyMs : firstMs;
    for (let count = 0; atMs < toMs && count < occurrencesMax; count++, atMs += everyMs) {
      found.push({ scenarioEvent, atMs });
    }
  }
  return found.sort((a, b) => a.atMs - b.atMs).slice(0, occurrencesMax);
}

/** The first one after an instant. */
export function nextOccurrence(scenarioEvents: readonly ScenarioEvent[], afterMs: number): Occurrence | undefined {
  const latestMs = scenarioEvents.reduce((latest, { at, every }) => {
    return Math.max(latest, parseDuration(at), every === undefined ? 0 : afterMs + parseDuration(every));
  }, afterMs);
  return occurrencesBetween(scenarioEvents, afterMs, latestMs + 1)[0];
}

const hourMs = 3_600_000;
const stretches = [1, 2, 4, 8, 12, 24].map((hours) => hours * hourMs);

/** How much the time line shows: the start to a round time well after now, so that there is a future to see. */
export function stretchOf(elapsedMs: number): number {
  const enough = stretches.find((stretch) => elapsedMs <= 0.75 * stretch);
  return enough ?? Math.ceil(elapsedMs / (0.75 * 24 * hourMs)) * 24 * hourMs;
}
