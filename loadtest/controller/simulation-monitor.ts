/**
 * How a server's simulation goes on: its reports, checked against each other, on this host's clock.
 *
 * Invariant: a report is taken only where it can be true.
 */
import type { Simulation } from "../../schemas/index.js";
import { isLoopbackName } from "../../schemas/loopback.js";
import { MonotonicDifference, type MonotonicReading } from "../core/monotonic-difference.js";
import { monotonicMs, nanosecondsToMs } from "../core/monotonic.js";
import type { Target } from "../core/target.js";
import { readSimulation } from "../core/target-requests.js";
import { anchorsMax, findContradiction, findLeap } from "../oracle/plausibility.js";
import type { FeedProblem } from "./command-log.js";

/** Round trips that bound how far the server's clock is from this host's. */
const clockReadings = 8;

/** What a report changed, or in words why the simulation cannot be followed any more. */
export type SimulationChange = { readonly error: string } | "seeking" | "retimed" | "continued";

export class SimulationMonitor {
  simulation: Simulation;
  /** Slips since the first report. */
  slips = 0;
  /** When the server was last asked, it was amid a seek. */
  isSeeking = false;
  readonly #target: Target;
  readonly #firstSlips: number;
  readonly #difference: MonotonicDifference;
  /** When the report that is followed was asked for. */
  #reportedMs: number;

  constructor(target: Target, simulation: Simulation) {
    this.#target = target;
    this.simulation = simulation;
    this.#reportedMs = monotonicMs();
    this.#firstSlips = simulation.slips;
    this.#difference = new MonotonicDifference(isLoopbackName(target.url.hostname));
  }

  /** Milliseconds between two ticks; 0 while nothing moves. */
  get intervalMs(): number {
    return (this.simulation.anchors.at(-1)?.intervalNs ?? 0) / 1e6;
  }

  /** By how much the intended instants may be off, either way; 0 where server and load test share a clock. */
  get uncertaintyMs(): number {
    return this.#difference.uncertaintyMs;
  }

  /** An instant of the server's monotonic clock, on this host's. */
  localMs(monotonicNs: string): number {
    return nanosecondsToMs(monotonicNs) - this.#difference.aheadMs;
  }

  /** When a tick is meant to leave, on this host's monotonic clock; NaN where nobody knows it. */
  intendedMs(tick: number): number {
    const { anchors } = this.simulation;
    const anchor = anchors.findLast(({ fromTick }) => fromTick < tick);
    if (anchor === undefined || anchor.intervalNs === 0) return Number.NaN;
    return this.localMs(anchor.monotonicNs) + ((tick - anchor.fromTick) * anchor.intervalNs) / 1e6;
  }

  /** The last tick that was due at an instant. */
  tickAt(atMs: number): number {
    const anchor = this.simulation.anchors.at(-1);
    if (anchor === undefined || anchor.intervalNs === 0 || this.simulation.state !== "playing")
      return this.simulation.tick;
    const since = (atMs - this.localMs(anchor.monotonicNs)) / (anchor.intervalNs / 1e6);
    return Math.max(this.simulation.tick, anchor.fromTick + Math.floor(since));
  }

  /** Compares the clocks, once, before anything is timed. */
  async compareClocks(): Promise<FeedProblem | undefined> {
    for (let count = 0; count < clockReadings && !this.#difference.isSameClock; count += 1) {
      const sentMs = monotonicMs();
      const reading = await readSimulation(this.#target);
      if ("problem" in reading) return { problem: `GET /api/simulation ${reading.problem}` };
      if (reading.content.bootId !== this.simulation.bootId)
        return { problem: "the server began another timeline before the run did" };
      this.#difference.narrow(readingOf(reading.content, sentMs));
      this.simulation = reading.content;
      this.#reportedMs = sentMs;
    }
    return undefined;
  }

  /** Why the report that is followed cannot be true; undefined when it can. */
  findContradiction(): string | undefined {
    return describeContradiction(findContradiction(this.simulation));
  }

  /** Takes a report, as soon as it has come, which was asked for at `sentMs`. */
  follow(simulation: Simulation, sentMs: number): SimulationChange {
    this.#difference.check(readingOf(simulation, sentMs));
    const before = this.simulation;
    if (simulation.bootId !== before.bootId) return { error: "the server began another timeline during the run" };
    this.isSeeking = simulation.state === "seeking";
    // Where to is known once it is over.
    if (this.isSeeking) return "seeking";
    if (wasMoved(before, simulation))
      return { error: "the market was moved ahead during the run (a seek): what lies between was never sent" };
    const nowMs = monotonicMs();
    const implausible =
      findContradiction(simulation) ??
      findLeap(before, simulation, {
        dueTick: this.tickAt(nowMs),
        elapsedMs: nowMs - this.#reportedMs,
        ageMs: (anchor) => nowMs - this.localMs(anchor.monotonicNs),
      });
    const error = describeContradiction(implausible);
    if (error !== undefined) return { error };
    this.simulation = simulation;
    this.#reportedMs = sentMs;
    this.slips = simulation.slips - this.#firstSlips;
    return JSON.stringify(simulation.anchors) === JSON.stringify(before.anchors) ? "continued" : "retimed";
  }
}

function describeContradiction(contradiction: string | undefined): string | undefined {
  return contradiction && `GET /api/simulation cannot be true: ${contradiction}`;
}

/** Whether the market was moved without being played: then it forgets the anchors of before. */
function wasMoved(before: Simulation, { anchors }: Simulation): boolean {
  const known = before.anchors.at(-1);
  return (
    known !== undefined && anchors.length < anchorsMax && !anchors.some(({ fromTick }) => fromTick === known.fromTick)
  );
}

/** To be called as soon as the answer is there. */
function readingOf({ monotonicNs }: Simulation, sentMs: number): MonotonicReading {
  return { serverMs: nanosecondsToMs(monotonicNs), sentMs, receivedMs: monotonicMs() };
}
