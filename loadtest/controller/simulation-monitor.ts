/**
 * How a server's simulation goes on: its reports, checked against each other, on this host's clock.
 *
 * All members of a cluster report. Each is checked against its own report before as strictly as a single server, and
 * against the last ones of the others. Reads are linear over members, so a member that was asked after another one had
 * answered reports no earlier moment; a tick less is allowed for.
 *
 * Invariant: a report is taken only where it can be true.
 */
import type { Simulation } from "../../schemas/index.js";
import { isLoopbackName } from "../../schemas/loopback.js";
import { monotonicMs, nanosecondsToMs } from "../core/monotonic.js";
import type { Target } from "../core/target.js";
import { readSimulation } from "../core/target-requests.js";
import type { Targets } from "../core/targets.js";
import { anchorsMax, findContradiction, findDisagreement, findLeap, isEarlier } from "../oracle/plausibility.js";
import type { FeedProblem } from "./command-log.js";
import { MonotonicDifference, type MonotonicReading } from "./monotonic-difference.js";

/** Round trips that bound how far the server's clock is from this host's; at least one to each member. */
const clockReadings = 8;

/** What a report changed, or in words why the simulation cannot be followed any more. */
export type SimulationChange = { readonly error: string } | "seeking" | "retimed" | "restarted" | "continued";

/** What is known when a member is asked for a report. */
export interface Question {
  readonly sentMs: number;
  /** The latest tick that any member has reported by then. */
  readonly tick: number;
}

/** What a member answered. */
interface Report {
  readonly simulation: Simulation;
  readonly sentMs: number;
}

export class SimulationMonitor {
  /** Slips since the first report. They are the timeline's: one that all members report is one. */
  slips = 0;
  /** It may be another process that answers next, on the same timeline. */
  expectsRestart = false;
  readonly #targets: Targets;
  #firstSlips: number;
  readonly #difference: MonotonicDifference;
  /** The last report of each member. */
  readonly #reports = new Map<Target, Report>();
  /** Members that were amid a seek when they were last asked. */
  readonly #seeking = new Set<Target>();
  /** The one that is followed. */
  #newest: Report;
  /** The last word of the process before the present one, whose ticks had other instants. */
  #beforeRestart: Simulation | undefined;

  constructor(targets: Targets, simulation: Simulation) {
    this.#targets = targets;
    this.#newest = { simulation, sentMs: monotonicMs() };
    this.#firstSlips = simulation.slips;
    this.#difference = new MonotonicDifference(targets.all.every(({ url }) => isLoopbackName(url.hostname)));
  }

  get simulation(): Simulation {
    return this.#newest.simulation;
  }

  get hasRestarted(): boolean {
    return this.#beforeRestart !== undefined;
  }

  get isSeeking(): boolean {
    return this.#seeking.size > 0;
  }

  /**
   * The tick after which subscribers of now may receive something: the one before the reported tick may be under way.
   * A market that was moved plays on after its oldest anchor, and never sends what lies before that.
   */
  get startTick(): number {
    const { tick, anchors } = this.simulation;
    return Math.max(0, tick - 1, anchors[0]?.fromTick ?? tick);
  }

  /** Milliseconds between two ticks; 0 while nothing moves. */
  get intervalMs(): number {
    return (this.simulation.anchors.at(-1)?.intervalNs ?? 0) / 1e6;
  }

  /**
   * By how much the intended instants may be off, either way; 0 where server and load test share a clock. Members
   * answer on one clock: the largest error in it that one of them states is added.
   */
  get uncertaintyMs(): number {
    return this.#difference.uncertaintyMs;
  }

  /** An instant of the server's monotonic clock, on this host's. */
  localMs(monotonicNs: string): number {
    return nanosecondsToMs(monotonicNs) - this.#difference.aheadMs;
  }

  /** When a tick is meant to leave, on this host's monotonic clock; NaN where nobody knows it. */
  intendedMs(tick: number): number {
    const isOf = ({ fromTick }: { readonly fromTick: number }) => fromTick < tick;
    const anchor = this.simulation.anchors.findLast(isOf) ?? this.#beforeRestart?.anchors.findLast(isOf);
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
    const { all } = this.#targets;
    for (let count = 0; count < all.length || (count < clockReadings && !this.#difference.isSameClock); count += 1) {
      const target = all[count % all.length]!;
      const sentMs = monotonicMs();
      const reading = await readSimulation(target);
      if ("problem" in reading) return { problem: `GET /api/simulation ${reading.problem}` };
      const { content } = reading;
      if (content.bootId !== this.simulation.bootId)
        return { problem: "the server began another timeline before the run did" };
      this.#difference.narrow(readingOf(content, sentMs));
      this.#firstSlips = Math.max(this.#firstSlips, content.slips);
      this.#take(target, { simulation: content, sentMs });
    }
    return undefined;
  }

  /** Why the report that is followed cannot be true; undefined when it can. */
  findContradiction(): string | undefined {
    return describeContradiction(findContradiction(this.simulation));
  }

  /** To be called when a report is asked for. */
  ask(): Question {
    return { sentMs: monotonicMs(), tick: this.simulation.tick };
  }

  /** Takes a report, as soon as it has come. */
  follow(target: Target, simulation: Simulation, { sentMs, tick }: Question): SimulationChange {
    this.#difference.check(readingOf(simulation, sentMs));
    const before = this.#reports.get(target) ?? this.#newest;
    if (simulation.bootId !== before.simulation.bootId && this.expectsRestart)
      return this.#followRestart(target, { simulation, sentMs });
    if (simulation.bootId !== before.simulation.bootId)
      return { error: "the server began another timeline during the run" };
    // Where to is known once it is over.
    if (simulation.state === "seeking") {
      this.#seeking.add(target);
      return "seeking";
    }
    this.#seeking.delete(target);
    if (wasMoved(before.simulation, simulation))
      return { error: "the market was moved ahead during the run (a seek): what lies between was never sent" };
    const error = describeContradiction(
      findContradiction(simulation) ?? this.#findLeap(before, simulation) ?? this.#findStray(target, simulation, tick),
    );
    if (error !== undefined) return { error };
    const { anchors } = this.simulation;
    this.#take(target, { simulation, sentMs });
    this.slips = Math.max(this.slips, simulation.slips - this.#firstSlips);
    return JSON.stringify(this.simulation.anchors) === JSON.stringify(anchors) ? "continued" : "retimed";
  }

  /** The market goes on where the last process left it, or later. */
  #followRestart(target: Target, report: Report): SimulationChange {
    const { simulation } = report;
    const before = this.simulation;
    if (simulation.state === "seeking") return "seeking";
    const disagreement = findDisagreement({ ...before, anchors: [] }, { ...simulation, bootId: before.bootId });
    if (disagreement !== undefined) return { error: `the restarted server plays another market: ${disagreement}` };
    if (simulation.tick < before.tick)
      return {
        error: `the restarted server began its market anew, at tick ${simulation.tick} after ${before.tick}: it needs a store that outlives it`,
      };
    const contradiction = describeContradiction(findContradiction(simulation));
    if (contradiction !== undefined) return { error: contradiction };
    this.expectsRestart = false;
    this.#beforeRestart = before;
    this.#firstSlips = simulation.slips - this.slips;
    this.#reports.clear();
    this.#newest = report;
    this.#take(target, report);
    return "restarted";
  }

  #take(target: Target, report: Report): void {
    const isNext = this.#reports.get(target) === this.#newest;
    this.#reports.set(target, report);
    if (isNext || !isEarlier(report.simulation, this.simulation)) this.#newest = report;
  }

  #findLeap({ simulation, sentMs }: Report, now: Simulation): string | undefined {
    const nowMs = monotonicMs();
    return findLeap(simulation, now, {
      dueTick: this.tickAt(nowMs),
      elapsedMs: nowMs - sentMs,
      ageMs: (anchor) => nowMs - this.localMs(anchor.monotonicNs),
    });
  }

  /** Why a member cannot be of one market with the others. */
  #findStray(target: Target, simulation: Simulation, reportedTick: number): string | undefined {
    if (simulation.tick < reportedTick - 1)
      return `it is at tick ${simulation.tick}, and another member was at tick ${reportedTick} before it was asked`;
    for (const [{ base }, other] of [...this.#reports].filter(([member]) => member !== target)) {
      const disagreement = findDisagreement(other.simulation, simulation);
      if (disagreement !== undefined) return `${base} contradicts it, as ${disagreement}`;
    }
    return undefined;
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
function readingOf({ monotonicNs, monotonicUncertaintyNs = 0 }: Simulation, sentMs: number): MonotonicReading {
  const otherMs = nanosecondsToMs(monotonicNs);
  return { otherMs, uncertaintyMs: monotonicUncertaintyNs / 1e6, sentMs, receivedMs: monotonicMs() };
}
