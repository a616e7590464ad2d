/**
 * Tells the generators what is to come: two seconds ahead of the live edge, corrected by what the command log has since.
 *
 * Invariant: what a generator is told to know up to an instant was read from the server after it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario, Simulation } from "../../schemas/index.js";
import { RefusedCommandError } from "../../simulator/index.js";
import { monotonicMs } from "../core/monotonic.js";
import type { Target } from "../core/target.js";
import { readSimulation } from "../core/target-requests.js";
import type { Targets } from "../core/targets.js";
import { stepTicksMax } from "../oracle/plausibility.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import { Regenerator } from "../oracle/regenerator.js";
import { CommandLog, type FeedProblem } from "./command-log.js";
import { SimulationMonitor } from "./simulation-monitor.js";

const aheadMs = 2000;
const aheadTicksMax = 100;
const planEveryMs = 50;
const planTicksMax = stepTicksMax + 10 * aheadTicksMax;
const pollEveryMs = 1000;
/** Ticks that may still be under way when the pace changes. */
const retimeTicks = 100;
/** Reads of the log at least so far apart, however many frames ask. */
const readGapMs = 15;
/** How long the ticks before the run may take to be played. */
const catchUpMsMax = 60_000;
/** After so long it is estimated how long the rest takes. */
const estimateAfterMs = 1000;
const sliceMs = 10;
/** Attempts to read what decides about the run, in its end. */
const lastReadings = 3;
/** How long a cluster may take to have a leader again, whose log is read in the end. */
const lastLogMsMax = 5000;
const lastLogGapMs = 100;

export class StreamPlanner {
  readonly monitor: SimulationMonitor;
  /** What happened to the server's timeline that no load test can follow. */
  readonly errors: string[] = [];
  readonly #targets: Targets;
  readonly #regenerator: Regenerator;
  readonly #log: CommandLog;
  /** When commands were accepted, by their sequence, on this host's clock. */
  readonly #acceptedMs = new Map<number, number>();
  #timers: NodeJS.Timeout[] = [];
  #reading: Promise<FeedProblem | undefined> | undefined;
  readonly #polling = new Map<Target, Promise<boolean>>();
  #readAgain = false;
  /** When a server that is restarted by plan was last known to be away. */
  #restartMs = Infinity;
  #isAsking = false;
  #stopped = false;

  /** Tells the generators. */
  broadcast: (update: StreamUpdate) => void;
  /** Told when the server's timeline can no longer be followed: nothing after that can be judged. */
  onTrouble: () => void = () => {};

  private constructor(
    targets: Targets,
    simulation: Simulation,
    scenario: Scenario,
    broadcast: (update: StreamUpdate) => void,
  ) {
    this.#targets = targets;
    this.broadcast = broadcast;
    this.monitor = new SimulationMonitor(targets, simulation);
    this.#log = new CommandLog(targets);
    this.#regenerator = new Regenerator(simulation, scenario, ({ tick, sequence }) =>
      sequence === 0 ? this.#intendedMs(tick) : (this.#acceptedMs.get(sequence) ?? Number.NaN),
    );
  }

  /** Catches up with the server, unless it is told to stop. */
  static async open(
    targets: Targets,
    simulation: Simulation,
    scenario: Scenario,
    broadcast: (update: StreamUpdate) => void,
    signal?: AbortSignal,
  ): Promise<StreamPlanner | FeedProblem> {
    const planner = new StreamPlanner(targets, simulation, scenario, broadcast);
    const problem = (await planner.monitor.compareClocks()) ?? (await planner.#catchUp(signal));
    return problem ?? planner;
  }

  start(): void {
    if (this.#stopped || this.#timers.length > 0) return;
    this.#timers.push(setInterval(() => this.#plan(), planEveryMs));
    this.#timers.push(setInterval(() => void this.poll(), pollEveryMs));
    this.#tellUncertainty();
    this.#plan();
  }

  /** The server is restarted by plan: another process of it may go on with the market. */
  expectRestart(): void {
    this.monitor.expectsRestart = true;
    this.#restartMs = monotonicMs();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A frame fits nowhere: reads the log and tells the generators what it has. */
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

  /** Asks the server, each member of a cluster, how its simulation goes. False when nobody gave an answer. */
  async poll(): Promise<boolean> {
    const answers = await Promise.all(this.#targets.all.map((target) => this.#ask(target)));
    return answers.includes(true);
  }

  /** One question at a time. */
  #ask(target: Target): Promise<boolean> {
    const polling = this.#polling.get(target) ?? this.#poll(target).finally(() => this.#polling.delete(target));
    this.#polling.set(target, polling);
    return polling;
  }

  async #poll(target: Target): Promise<boolean> {
    const question = this.monitor.ask();
    const reading = await readSimulation(target);
    if (this.#stopped) return true;
    if ("problem" in reading) {
      if (this.monitor.expectsRestart) this.#restartMs = question.sentMs;
      return false;
    }
    const change = this.monitor.follow(target, reading.content, question);
    this.#tellUncertainty();
    if (typeof change === "object")
      this.#lose(this.#targets.areSeveral ? `${target.base}: ${change.error}` : change.error);
    if (change === "retimed" || change === "restarted") this.#retime();
    if ((change === "restarted" || change === "retimed" || change === "continued") && !this.#isAsking) this.sync();
    return true;
  }

  /** Every second: a host with a clock of its own adds what it knows of that. */
  #tellUncertainty(): void {
    this.broadcast({ type: "uncertain", byMs: this.monitor.uncertaintyMs });
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

  /** Plays what happened before the run. */
  async #catchUp(signal?: AbortSignal): Promise<FeedProblem | undefined> {
    const contradiction = this.monitor.findContradiction();
    if (contradiction !== undefined) {
      this.#lose(contradiction);
      return undefined;
    }
    const log = await this.#readLog();
    if ("problem" in log) return log;
    const tick = this.monitor.startTick;
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
    const problem = await this.#readToTheEnd();
    if (this.#stopped && this.errors.length > 0) return;
    if (!isReported) this.errors.push("GET /api/simulation gave no valid answer at the end of the run");
    if (problem !== undefined)
      this.errors.push(
        `the command log could not be read at the end (${problem.problem}): what people did last counts as unexpected`,
      );
    if (this.monitor.isSeeking) this.errors.push("the market was still being moved when the run ended (a seek)");
  }

  /** Reads the log as it is now. Resolves with why it could not be read, if it could not. */
  async #readToTheEnd(): Promise<FeedProblem | undefined> {
    const lateMs = monotonicMs() + lastLogMsMax;
    for (;;) {
      this.sync();
      let problem: FeedProblem | undefined;
      while (this.#reading !== undefined) problem = await this.#reading;
      if (problem?.isPassing !== true || this.#stopped || monotonicMs() > lateMs) return problem;
      await sleep(lastLogGapMs);
    }
  }

  /** The log is read next anyway. */
  async #askBeforeLog(): Promise<boolean> {
    this.#isAsking = true;
    return this.poll().finally(() => (this.#isAsking = false));
  }

  /** Resolves with why the log could not be read, if it could not. */
  async #sync(): Promise<FeedProblem | undefined> {
    // Of a server that is restarted, first of all when its ticks are due now.
    const isAnswered = !this.monitor.expectsRestart || this.#stopped || (await this.#askBeforeLog());
    const askedMs = monotonicMs();
    const log = await this.#readLog();
    if ("entries" in log) {
      const amendment = this.#stopped ? undefined : this.#play(() => this.#regenerator.amend(log.entries));
      if (amendment !== undefined && (amendment.batches.length > 0 || amendment.removed.length > 0))
        this.broadcast({ type: "amend", ...amendment });
      if (isAnswered) this.broadcast({ type: "known", atMs: askedMs });
    }
    await sleep(readGapMs);
    return "problem" in log ? log : undefined;
  }

  async #readLog(): ReturnType<CommandLog["readNews"]> {
    const log = await this.#log.readNews();
    for (const { sequence, acceptedNs } of "entries" in log ? log.entries : [])
      if (acceptedNs !== undefined) this.#acceptedMs.set(sequence, this.monitor.localMs(acceptedNs));
    return log;
  }

  #plan(): void {
    const { intervalMs } = this.monitor;
    const ahead = intervalMs === 0 ? aheadTicksMax : Math.min(aheadTicksMax, Math.ceil(aheadMs / intervalMs));
    // At once no more than may have been stepped: after a long stall the next calls go on.
    const toTick = Math.min(this.monitor.tickAt(monotonicMs()) + ahead, this.#regenerator.tick + planTicksMax);
    const planned = this.#play(() => this.#regenerator.planTo(toTick)) ?? [];
    const batches = planned.filter(({ texts }) => texts.length > 0);
    if (batches.length > 0) this.broadcast({ type: "batches", batches });
  }

  /** What a restarted server had played before anybody could be back is owed to nobody who comes back. */
  #intendedMs(tick: number): number {
    const intendedMs = this.monitor.intendedMs(tick);
    const isSilent = this.monitor.hasRestarted && tick <= (this.monitor.simulation.anchors[0]?.fromTick ?? 0);
    return isSilent ? Math.min(intendedMs, this.#restartMs) : intendedMs;
  }

  /** The pace changed: ticks already handed out are due at other instants. */
  #retime(): void {
    const { simulation } = this.monitor;
    const instants: [number, number][] = [];
    for (let tick = Math.max(1, simulation.tick - retimeTicks); tick <= this.#regenerator.tick; tick += 1) {
      instants.push([tick, this.#intendedMs(tick)]);
    }
    this.broadcast({ type: "retime", instants });
  }
}
