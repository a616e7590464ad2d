/**
 * The scenario's timeline: which scenario events start at a tick, and what those under way do to the market.
 *
 * Everything here is a pure function of the tick, so nothing of it needs to be in a snapshot.
 */
import { type ScenarioEvent, parseDuration } from "../../schemas/index.js";
import { log } from "../numeric/exp-log.js";
import type { RegimeName } from "./regime.js";

/** How a kind of scenario event moves prices where the scenario does not say. */
const movements: Readonly<
  Partial<
    Record<
      ScenarioEvent["type"],
      { movePercent: number; duration: string; recoveryShare: number; recovery: string; boost: number }
    >
  >
> = {
  flashCrash: { movePercent: -9, duration: "5m", recoveryShare: 0.85, recovery: "30m", boost: 3 },
  sectorShock: { movePercent: 0, duration: "1m", recoveryShare: 0, recovery: "10m", boost: 1.5 },
  rumour: { movePercent: 0, duration: "10m", recoveryShare: 1, recovery: "10m", boost: 1.2 },
};

/** What happens, without its times. */
export type Occurring = Omit<ScenarioEvent, "at" | "every">;

/** A scenario event with its times in milliseconds after the start. */
interface Planned {
  readonly scenarioEvent: Occurring;
  readonly atMs: number;
  readonly everyMs: number;
  /** From the start of one occurrence until it no longer changes anything. */
  readonly lastsMs: number;
  readonly movement?: Movement;
}

interface Movement {
  readonly logMove: number;
  readonly durationMs: number;
  readonly recoveryShare: number;
  readonly recoveryMs: number;
  readonly boost: number;
}

/** One occurrence under way. */
interface Occurrence {
  readonly planned: Planned;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly startTick: number;
}

export class ScenarioEvents {
  /** Those that start at the present tick. */
  starting: readonly Occurring[] = [];
  /** True while any occurrence pushes prices or volatility. */
  active = false;
  readonly #plan: readonly Planned[];
  readonly #tickMs: number;
  #nextTick = 0;
  #occurrences: Occurrence[] = [];
  #nowMs = 0;

  /** As it stands after `tick`. */
  constructor(scenarioEvents: readonly ScenarioEvent[], tickMs: number, tick: number) {
    this.#tickMs = tickMs;
    this.#plan = scenarioEvents.flatMap(plan);
    this.#nowMs = tick * tickMs;
    // In the order in which they started, as if the world had come here tick by tick: sums depend on it.
    this.#occurrences = this.#plan
      .flatMap((planned) => this.#underWay(planned, this.#nowMs))
      .sort((a, b) => a.startTick - b.startTick);
    this.active = this.#occurrences.length > 0;
    this.#nextTick = this.#findNextTick(tick);
  }

  /** Goes to the next tick. True when something started or ended, so that volatilities must be taken up anew. */
  advance(tick: number): boolean {
    this.#nowMs = tick * this.#tickMs;
    let changed = false;
    if (this.active) {
      const remaining = this.#occurrences.filter(({ untilMs }) => untilMs > this.#nowMs - this.#tickMs);
      changed = remaining.length !== this.#occurrences.length;
      this.#occurrences = remaining;
    }
    this.starting = [];
    if (tick === this.#nextTick) {
      const starting = this.#plan.filter((planned) => this.#startsAt(planned, tick));
      this.starting = starting.map(({ scenarioEvent }) => scenarioEvent);
      for (const planned of starting) {
        if (planned.lastsMs > 0)
          this.#occurrences.push(this.#occur(planned, this.#latestStartMs(planned, this.#nowMs)));
      }
      this.#nextTick = this.#findNextTick(tick);
      changed = true;
    }
    this.active = this.#occurrences.length > 0;
    return changed;
  }

  /** Change of the log-price of a sector in this tick; without an id, that of the whole market. */
  push(sectorId?: string): number {
    let sum = 0;
    for (const { planned, fromMs } of this.#occurrences) {
      if (planned.movement === undefined || planned.scenarioEvent.sectorId !== sectorId) continue;
      const sinceMs = this.#nowMs - fromMs;
      sum += moved(planned.movement, sinceMs) - moved(planned.movement, sinceMs - this.#tickMs);
    }
    return sum;
  }

  /** Factor on the volatility of a sector; without an id, on that of the whole market. The wildest scenario event counts. */
  boost(sectorId?: string): number {
    let factor = 1;
    for (const { planned } of this.#occurrences) {
      if (planned.movement !== undefined && planned.scenarioEvent.sectorId === sectorId)
        factor = Math.max(factor, planned.movement.boost);
    }
    return factor;
  }

  /** The regime that a scenario event imposes; the latest wins. */
  regime(): RegimeName | undefined {
    return this.#occurrences.findLast(({ planned }) => planned.scenarioEvent.type === "regime")?.planned.scenarioEvent
      .regime;
  }

  #startTick(startMs: number): number {
    return Math.max(1, Math.floor((startMs + this.#tickMs - 1) / this.#tickMs));
  }

  /** Start of the latest occurrence that begins at `nowMs` or before; NaN if there is none. */
  #latestStartMs({ atMs, everyMs }: Planned, nowMs: number): number {
    if (this.#startTick(atMs) * this.#tickMs > nowMs) return Number.NaN;
    if (everyMs === Infinity) return atMs;
    return atMs + Math.max(0, Math.floor((nowMs - atMs) / everyMs)) * everyMs;
  }

  #startsAt(planned: Planned, tick: number): boolean {
    return this.#startTick(this.#latestStartMs(planned, tick * this.#tickMs)) === tick;
  }

  #findNextTick(afterTick: number): number {
    let next = Infinity;
    for (const planned of this.#plan) {
      const latest = this.#latestStartMs(planned, afterTick * this.#tickMs);
      const following = latest === latest ? latest + planned.everyMs : planned.atMs;
      next = Math.min(next, Math.max(afterTick + 1, this.#startTick(following)));
    }
    return next;
  }

  #occur(planned: Planned, fromMs: number): Occurrence {
    return { planned, fromMs, untilMs: fromMs + planned.lastsMs, startTick: this.#startTick(fromMs) };
  }

  #underWay(planned: Planned, nowMs: number): Occurrence[] {
    const found: Occurrence[] = [];
    for (let fromMs = this.#latestStartMs(planned, nowMs); fromMs >= planned.atMs; fromMs -= planned.everyMs) {
      if (fromMs + planned.lastsMs <= nowMs - this.#tickMs) break;
      found.unshift(this.#occur(planned, fromMs));
    }
    return planned.lastsMs > 0 ? found : [];
  }
}

function plan(scenarioEvent: ScenarioEvent): Planned[] {
  const { type, sectorId } = scenarioEvent;
  const law = movements[type];
  const atMs = parseDuration(scenarioEvent.at);
  const everyMs = scenarioEvent.every === undefined ? Infinity : Math.max(1, parseDuration(scenarioEvent.every));
  const durationMs = parseDuration(scenarioEvent.duration ?? law?.duration ?? "0s");
  // What only the agents notice leaves no trace in the market.
  if (law === undefined) {
    const planned = { scenarioEvent, atMs, everyMs, lastsMs: type === "regime" ? durationMs : 0 };
    if (type !== "halt" || scenarioEvent.duration === undefined) return [planned];
    // A halt that lasts for a while is a halt and a resume.
    const resume = { type: "resume", ...(sectorId && { sectorId }) } as const;
    return [planned, { scenarioEvent: resume, atMs: atMs + durationMs, everyMs, lastsMs: 0 }];
  }
  const recoveryMs = parseDuration(scenarioEvent.recovery ?? law.recovery);
  const logMove = log(1 + (scenarioEvent.movePercent ?? law.movePercent) / 100);
  const recoveryShare = scenarioEvent.recoveryShare ?? law.recoveryShare;
  const movement = { logMove, durationMs, recoveryShare, recoveryMs, boost: law.boost };
  return [{ scenarioEvent, atMs, everyMs, lastsMs: durationMs + recoveryMs, movement }];
}

/** How far the log-price has been moved this long after the start: there on an S-curve, back fast at first. */
function moved({ logMove, durationMs, recoveryShare, recoveryMs }: Movement, sinceMs: number): number {
  if (sinceMs <= 0) return 0;
  if (sinceMs < durationMs) {
    const share = sinceMs / durationMs;
    return logMove * share * share * (3 - 2 * share);
  }
  const left = recoveryMs > 0 ? Math.max(0, 1 - (sinceMs - durationMs) / recoveryMs) : 0;
  return logMove * (1 - recoveryShare * (1 - left * left * left));
}
