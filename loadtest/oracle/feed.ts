/**
 * Feeds the generators with what is to come: two seconds ahead of the live edge, the command log read
 * behind it, the anchors followed.
 *
 * Invariant: what a generator is told to know up to an instant was read from the server after it.
 */
import type { Scenario, Simulation } from "../../schemas/index.js";
import { type LoggedCommand, RefusedCommandError } from "../../simulator/index.js";
import { isLoopbackName } from "../loopback.js";
import { MonotonicDifference, type MonotonicReading } from "../measure/monotonic-difference.js";
import { monotonicMs, nanosecondsToMs } from "../measure/monotonic.js";
import { type Target, readCommandPage, readSimulation } from "../target.js";
import type { StreamOrder } from "./orders.js";
import { Regenerator } from "./regenerator.js";

const aheadMs = 2000;
const aheadTicksMax = 100;
const planEveryMs = 50;
const pollEveryMs = 1000;
/** Ticks that may still be under way when the pace changes. */
const retimeTicks = 100;
/** Reads of the log at least so far apart, however many frames ask. */
const readGapMs = 15;
/** Round trips that bound how far the server's clock is from this host's. */
const clockReadings = 8;
/** A server tells its last anchors, so many of them. */
const anchorsMax = 32;

export class Feed {
  simulation: Simulation;
  /** What happened to the server's timeline that no load test can follow. */
  readonly troubles: string[] = [];
  /** Slips since the feed began, as the server tells them. */
  slips = 0;
  readonly #target: Target;
  readonly #broadcast: (order: StreamOrder) => void;
  readonly #regenerator: Regenerator;
  readonly #firstSlips: number;
  readonly #difference: MonotonicDifference;
  /** Of the last entry of the command log that was read. */
  #sequence = 0;
  /** When commands were accepted, by their sequence, on this host's clock. */
  readonly #acceptedMs = new Map<number, number>();
  #timers: NodeJS.Timeout[] = [];
  #reading: Promise<boolean> | undefined;
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
    broadcast: (order: StreamOrder) => void,
  ) {
    this.#target = target;
    this.#broadcast = broadcast;
    this.simulation = simulation;
    this.#firstSlips = simulation.slips;
    this.#difference = new MonotonicDifference(isLoopbackName(target.url.hostname));
    this.#regenerator = new Regenerator(simulation, scenario, ({ tick, sequence }) =>
      sequence === 0 ? this.intendedMs(tick) : (this.#acceptedMs.get(sequence) ?? Number.NaN),
    );
  }

  /** Catches up with the server; undefined when its clock or its command log cannot be read. */
  static async open(
    target: Target,
    simulation: Simulation,
    scenario: Scenario,
    broadcast: (order: StreamOrder) => void,
  ): Promise<Feed | undefined> {
    const feed = new Feed(target, simulation, scenario, broadcast);
    const log = (await feed.#compareClocks()) ? await feed.#readLog() : undefined;
    if (log === undefined) return undefined;
    feed.#play(() => feed.#regenerator.skipTo(Math.max(0, feed.simulation.tick - 1), log));
    return feed;
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

  /** Asks the server how its simulation goes. */
  async poll(): Promise<void> {
    const sentMs = monotonicMs();
    const simulation = await readSimulation(this.#target);
    if (simulation === undefined || this.#stopped) return;
    this.#difference.check(readingOf(simulation, sentMs));
    const before = this.simulation;
    if (simulation.bootId !== before.bootId) return this.#lose("the server began another timeline during the run");
    this.#isSeeking = simulation.state === "seeking";
    // Where to is known once it is over.
    if (this.#isSeeking) return;
    if (wasMoved(before, simulation))
      return this.#lose("the market was moved ahead during the run (a seek): what lies between was never sent");
    this.simulation = simulation;
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
  #lose(trouble: string): void {
    this.troubles.push(trouble);
    this.stop();
    this.onTrouble();
  }

  /** False when the server does not say how its simulation goes. */
  async #compareClocks(): Promise<boolean> {
    for (let reading = 0; reading < clockReadings && !this.#difference.isSameClock; reading += 1) {
      const sentMs = monotonicMs();
      const simulation = await readSimulation(this.#target);
      if (simulation?.bootId !== this.simulation.bootId) return false;
      this.#difference.narrow(readingOf(simulation, sentMs));
      this.simulation = simulation;
    }
    return true;
  }

  /** Resolves once the generators know what was in the log at this moment. */
  async synced(): Promise<void> {
    this.sync();
    let isKnown = true;
    while (this.#reading !== undefined) isKnown = await this.#reading;
    if (!isKnown)
      this.troubles.push("the command log could not be read in the end: what people did last counts as unexpected");
    if (this.#isSeeking) this.troubles.push("the market was still being moved when the run ended (a seek)");
  }

  /** Whether the log could be read. */
  async #sync(): Promise<boolean> {
    const askedMs = monotonicMs();
    const entries = await this.#readLog();
    if (entries !== undefined) {
      const amendment = this.#stopped ? undefined : this.#play(() => this.#regenerator.amend(entries));
      if (amendment !== undefined && (amendment.batches.length > 0 || amendment.removed.length > 0))
        this.#broadcast({ type: "amend", ...amendment });
      this.#broadcast({ type: "known", atMs: askedMs });
    }
    await new Promise((resolve) => setTimeout(resolve, readGapMs));
    return entries !== undefined;
  }

  /** What has been logged since. An entry in the log is applied and stays where it is. */
  async #readLog(): Promise<readonly LoggedCommand[] | undefined> {
    const entries: LoggedCommand[] = [];
    let last = this.#sequence;
    for (let hasMore = true; hasMore;) {
      const page = await readCommandPage(this.#target, last);
      if (page === undefined) return undefined;
      // A server that gives the same page again would be read for ever.
      const news = page.data.filter(({ sequence }) => sequence > last);
      for (const entry of news) {
        entries.push(entry as LoggedCommand);
        if (entry.acceptedNs !== undefined) this.#acceptedMs.set(entry.sequence, this.#localMs(entry.acceptedNs));
      }
      last = news.at(-1)?.sequence ?? last;
      hasMore = page.hasMore && news.length > 0;
    }
    this.#sequence = last;
    return entries;
  }

  #liveTick(): number {
    return this.tickAt(monotonicMs());
  }

  #plan(): void {
    const { intervalMs } = this;
    const ahead = intervalMs === 0 ? aheadTicksMax : Math.min(aheadTicksMax, Math.ceil(aheadMs / intervalMs));
    const planned = this.#play(() => this.#regenerator.planTo(this.#liveTick() + ahead)) ?? [];
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
