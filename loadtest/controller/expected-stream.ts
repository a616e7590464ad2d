/**
 * Feeds the generators with what is to come: two seconds ahead of the live edge, the command log read
 * behind it, the anchors followed.
 *
 * Invariant: what a generator is told to know up to an instant was read from the server after it.
 */
import type { Scenario, Simulation } from "../../schemas/index.js";
import { type LoggedCommand, RefusedCommandError } from "../../simulator/index.js";
import { formatBytes } from "../core/format.js";
import { isLoopbackName } from "../core/loopback.js";
import { MonotonicDifference, type MonotonicReading } from "../core/monotonic-difference.js";
import { monotonicMs, nanosecondsToMs } from "../core/monotonic.js";
import { type Target } from "../core/target.js";
import { readCommandPage, readSimulation } from "../core/target-requests.js";
import type { StreamUpdate } from "../oracle/stream-updates.js";
import { anchorsMax, findContradiction, findLeap, stepTicksMax } from "../oracle/plausibility.js";
import { Regenerator } from "../oracle/regenerator.js";

const aheadMs = 2000;
const aheadTicksMax = 100;
const planEveryMs = 50;
const planTicksMax = stepTicksMax + 10 * aheadTicksMax;
const pollEveryMs = 1000;
/** Ticks that may still be under way when the pace changes. */
const retimeTicks = 100;
/** Reads of the log at least so far apart, however many frames ask. */
const readGapMs = 15;
/** Round trips that bound how far the server's clock is from this host's. */
const clockReadings = 8;
/** How long the log may take to be read before the run. Later its news are few. */
const firstLogMsMax = 30_000;
const nextLogMsMax = 10_000;
/** Of the log that is kept in all, as JSON. */
const logBytesMax = 128 << 20;
/** How long the ticks before the run may take to be played. */
const catchUpMsMax = 60_000;
/** After so long it is estimated how long the rest takes. */
const estimateAfterMs = 1000;
const sliceMs = 10;
/** Attempts to read what decides about the run, in its end. */
const lastReadings = 3;

/** The stream cannot be followed with what the server answers, in words; a load test can still compare its subscribers. */
export interface FeedProblem {
  readonly problem: string;
  /** The server rejected the token with this status. */
  readonly rejectedWith?: number;
}

export class ExpectedStream {
  simulation: Simulation;
  /** What happened to the server's timeline that no load test can follow. */
  readonly errors: string[] = [];
  /** Slips since the feed began, as the server tells them. */
  slips = 0;
  readonly #target: Target;
  readonly #broadcast: (order: StreamUpdate) => void;
  readonly #regenerator: Regenerator;
  readonly #firstSlips: number;
  readonly #difference: MonotonicDifference;
  /** Of the last entry of the command log that was read. */
  #sequence = 0;
  #logBytes = 0;
  /** When commands were accepted, by their sequence, on this host's clock. */
  readonly #acceptedMs = new Map<number, number>();
  #timers: NodeJS.Timeout[] = [];
  #reading: Promise<FeedProblem | undefined> | undefined;
  #polling: Promise<boolean> | undefined;
  /** When the report that is followed was asked for. */
  #reportedMs: number;
  #readAgain = false;
  #stopped = false;
  /** When the server was last asked, it was amid a seek. */
  #isSeeking = false;

  /** Told when the server's timeline can no longer be followed: nothing after that can be judged. */
  onTrouble: () => void = () => {};

  private constructor(
    target: Target,
    simulation: Simulation,
    scenario: Scenario,
    broadcast: (order: StreamUpdate) => void,
  ) {
    this.#target = target;
    this.#broadcast = broadcast;
    this.simulation = simulation;
    this.#reportedMs = monotonicMs();
    this.#firstSlips = simulation.slips;
    this.#difference = new MonotonicDifference(isLoopbackName(target.url.hostname));
    this.#regenerator = new Regenerator(simulation, scenario, ({ tick, sequence }) =>
      sequence === 0 ? this.intendedMs(tick) : (this.#acceptedMs.get(sequence) ?? Number.NaN),
    );
  }

  /** Catches up with the server, unless it is told to stop. */
  static async open(
    target: Target,
    simulation: Simulation,
    scenario: Scenario,
    broadcast: (order: StreamUpdate) => void,
    signal?: AbortSignal,
  ): Promise<ExpectedStream | FeedProblem> {
    const feed = new ExpectedStream(target, simulation, scenario, broadcast);
    const problem = (await feed.#compareClocks()) ?? (await feed.#catchUp(signal));
    return problem ?? feed;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timers.push(setInterval(() => this.#plan(), planEveryMs));
    this.#timers.push(setInterval(() => void this.poll(), pollEveryMs));
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
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
  #localMs(monotonicNs: string): number {
    return nanosecondsToMs(monotonicNs) - this.#difference.aheadMs;
  }

  /** When a tick is meant to leave, on this host's monotonic clock; NaN where nobody knows it. */
  intendedMs(tick: number): number {
    const { anchors } = this.simulation;
    const anchor = anchors.findLast(({ fromTick }) => fromTick < tick);
    if (anchor === undefined || anchor.intervalNs === 0) return Number.NaN;
    return this.#localMs(anchor.monotonicNs) + ((tick - anchor.fromTick) * anchor.intervalNs) / 1e6;
  }

  /** The last tick that was due at an instant. */
  tickAt(atMs: number): number {
    const anchor = this.simulation.anchors.at(-1);
    if (anchor === undefined || anchor.intervalNs === 0 || this.simulation.state !== "playing")
      return this.simulation.tick;
    const since = (atMs - this.#localMs(anchor.monotonicNs)) / (anchor.intervalNs / 1e6);
    return Math.max(this.simulation.tick, anchor.fromTick + Math.floor(since));
  }

  /** A frame fits nowhere: reads the log and tells the generators what it knows then. */
  sync(): void {
    if (this.#reading !== undefined) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#sync().finally(() => {
      this.#reading = undefined;
      if (this.#readAgain && !this.#stopped) {
        this.#readAgain = false;
        this.sync();
      }
    });
  }

  /** Asks the server how its simulation goes; one question at a time. False when it gave no answer. */
  poll(): Promise<boolean> {
    this.#polling ??= this.#poll().finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  async #poll(): Promise<boolean> {
    const sentMs = monotonicMs();
    const reading = await readSimulation(this.#target);
    if (this.#stopped) return true;
    if ("problem" in reading) return false;
    this.#follow(reading.content, sentMs);
    return true;
  }

  /** Takes a report as it is only where it can be true. */
  #follow(simulation: Simulation, sentMs: number): void {
    this.#difference.check(readingOf(simulation, sentMs));
    const before = this.simulation;
    if (simulation.bootId !== before.bootId) return this.#lose("the server began another timeline during the run");
    this.#isSeeking = simulation.state === "seeking";
    // Where to is known once it is over.
    if (this.#isSeeking) return;
    if (wasMoved(before, simulation))
      return this.#lose("the market was moved ahead during the run (a seek): what lies between was never sent");
    const nowMs = monotonicMs();
    const implausible =
      findContradiction(simulation) ??
      findLeap(before, simulation, {
        dueTick: this.tickAt(nowMs),
        elapsedMs: nowMs - this.#reportedMs,
        ageMs: (anchor) => nowMs - this.#localMs(anchor.monotonicNs),
      });
    if (implausible !== undefined) return this.#lose(`GET /api/simulation cannot be true: ${implausible}`);
    this.simulation = simulation;
    this.#reportedMs = sentMs;
    this.slips = simulation.slips - this.#firstSlips;
    if (JSON.stringify(simulation.anchors) !== JSON.stringify(before.anchors)) this.#retime();
    this.sync();
  }

  /** Plays the log. Entries are applied before they are in it, so one that the world refuses is no past of this server. */
  #play<Result>(play: () => Result): Result | undefined {
    try {
      return play();
    } catch (error) {
      if (!(error instanceof RefusedCommandError)) throw error;
      this.#lose(`the command log contradicts the world: ${error.message}`);
      return undefined;
    }
  }

  /** The server has gone where nobody can follow. */
  #lose(error: string): void {
    this.errors.push(error);
    this.stop();
    this.onTrouble();
  }

  async #compareClocks(): Promise<FeedProblem | undefined> {
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
    const contradiction = findContradiction(this.simulation);
    if (contradiction !== undefined) this.#lose(`GET /api/simulation cannot be true: ${contradiction}`);
    return undefined;
  }

  /** Plays what happened before the run. */
  async #catchUp(signal?: AbortSignal): Promise<FeedProblem | undefined> {
    if (this.#stopped) return undefined;
    const log = await this.#readLog(firstLogMsMax);
    if ("problem" in log) return log;
    const tick = Math.max(0, this.simulation.tick - 1);
    const steps = this.#regenerator.skipTo(tick, log.entries);
    const startMs = monotonicMs();
    for (let sliceEndMs = startMs + sliceMs; this.#play(() => steps.next())?.done === false;) {
      const nowMs = monotonicMs();
      if (nowMs < sliceEndMs) continue;
      if (signal?.aborted === true) break;
      const elapsedMs = nowMs - startMs;
      const expectedMs = elapsedMs < estimateAfterMs ? 0 : (elapsedMs * tick) / Math.max(1, this.#regenerator.tick);
      if (Math.max(elapsedMs, expectedMs) > catchUpMsMax)
        return {
          problem: `the server is at tick ${tick}, and replaying them takes longer than ${catchUpMsMax / 1000} s`,
        };
      await new Promise((resolve) => setImmediate(resolve));
      sliceEndMs = monotonicMs() + sliceMs;
    }
    steps.return();
    return undefined;
  }

  /** Resolves once the generators know what was in the log, and how the simulation stood, at this moment. */
  async synced(): Promise<void> {
    let isReported = false;
    for (let attempt = 0; attempt < lastReadings && !isReported; attempt += 1) isReported = await this.poll();
    this.sync();
    let problem: FeedProblem | undefined;
    while (this.#reading !== undefined) problem = await this.#reading;
    if (this.#stopped && this.errors.length > 0) return;
    if (!isReported) this.errors.push("GET /api/simulation gave no valid answer at the end of the run");
    if (problem !== undefined)
      this.errors.push(
        `the command log could not be read at the end (${problem.problem}): what people did last counts as unexpected`,
      );
    if (this.#isSeeking) this.errors.push("the market was still being moved when the run ended (a seek)");
  }

  /** Resolves with why the log could not be read, if it could not. */
  async #sync(): Promise<FeedProblem | undefined> {
    const askedMs = monotonicMs();
    const log = await this.#readLog(nextLogMsMax);
    if ("entries" in log) {
      const amendment = this.#stopped ? undefined : this.#play(() => this.#regenerator.amend(log.entries));
      if (amendment !== undefined && (amendment.batches.length > 0 || amendment.removed.length > 0))
        this.#broadcast({ type: "amend", ...amendment });
      this.#broadcast({ type: "known", atMs: askedMs });
    }
    await new Promise((resolve) => setTimeout(resolve, readGapMs));
    return "problem" in log ? log : undefined;
  }

  /** What has been logged since. An entry in the log is applied and stays where it is. */
  async #readLog(withinMs: number): Promise<{ readonly entries: readonly LoggedCommand[] } | FeedProblem> {
    const entries: LoggedCommand[] = [];
    const startMs = monotonicMs();
    let last = this.#sequence;
    let bytes = this.#logBytes;
    for (let hasMore = true; hasMore;) {
      const page = await readCommandPage(this.#target, last);
      if ("problem" in page) {
        const problem = `GET /api/simulation/commands ${page.problem}`;
        return page.status === 401 || page.status === 403 ? { problem, rejectedWith: page.status } : { problem };
      }
      // A server that gives the same page again would be read for ever.
      const news = page.content.data.filter(({ sequence }) => sequence > last);
      for (const entry of news) {
        entries.push(entry as LoggedCommand);
        if (entry.acceptedNs !== undefined) this.#acceptedMs.set(entry.sequence, this.#localMs(entry.acceptedNs));
      }
      last = news.at(-1)?.sequence ?? last;
      bytes += page.bytes;
      hasMore = page.content.hasMore && news.length > 0;
      const read = `${entries.length} commands were read from the server's log, and it has more`;
      if (bytes > logBytesMax) return { problem: `${read} than ${formatBytes(logBytesMax)} of them` };
      if (hasMore && monotonicMs() - startMs > withinMs) return { problem: `${read} after ${withinMs / 1000} s` };
    }
    this.#sequence = last;
    this.#logBytes = bytes;
    return { entries };
  }

  #liveTick(): number {
    return this.tickAt(monotonicMs());
  }

  #plan(): void {
    const { intervalMs } = this;
    const ahead = intervalMs === 0 ? aheadTicksMax : Math.min(aheadTicksMax, Math.ceil(aheadMs / intervalMs));
    // At once no more than may have been stepped: after a long stall the next calls go on.
    const toTick = Math.min(this.#liveTick() + ahead, this.#regenerator.tick + planTicksMax);
    const planned = this.#play(() => this.#regenerator.planTo(toTick)) ?? [];
    const batches = planned.filter(({ texts }) => texts.length > 0);
    if (batches.length > 0) this.#broadcast({ type: "batches", batches });
  }

  /** The pace changed: ticks already handed out are due at other instants. */
  #retime(): void {
    const instants: [number, number][] = [];
    for (let tick = Math.max(1, this.simulation.tick - retimeTicks); tick <= this.#regenerator.tick; tick += 1) {
      instants.push([tick, this.intendedMs(tick)]);
    }
    this.#broadcast({ type: "retime", instants });
  }
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
