/**
 * Conducts a load test: starts the generators and plans the stream, walks through the plan's stages, and collects
 * what is needed for a verdict. It receives no event itself.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PlanStage, Scenario, Simulation, SummarySaturation } from "../../schemas/index.js";
import type { Fleet } from "../agents/fleet.js";
import { fitToHost } from "../generator/host-fit.js";
import type { GeneratorResult } from "../generator/protocol.js";
import { GeneratorPool } from "../generator/generator-pool.js";
import { monotonicMs } from "../core/monotonic.js";
import type { LoadtestOptions } from "../core/options.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import type { FeedProblem } from "./command-log.js";
import { Progress } from "./progress.js";
import type { RunSeries } from "./run-series.js";
import { StreamPlanner } from "./stream-planner.js";
import { RestLoad } from "../rest/rest-load.js";
import { measureSaturation } from "../rest/saturation.js";
import { ServerCost } from "../cost/server-cost.js";
import { MissedTime, SchedulingWatch } from "../core/scheduling.js";
import { ServerClock } from "../core/server-clock.js";
import type { Targets } from "../core/targets.js";
import type { Evidence } from "../verdict/evidence.js";
import { type Timetable, nameStages } from "../core/timetable.js";

const connectingMax = 200;
/** As long as the stock client waits for its connection. */
const sessionTimeoutMs = 20_000;
const connectTimeoutMs = 60_000;
const drainTimeoutMs = 15_000;
const finishTimeoutMs = 60_000;
const churnStepMs = 200;
/** Of the measured time so far, between two looks at thresholds that may end the run. */
const lookShare = 0.02;
/** Agents are told this much earlier when the measured time begins: the word is at all of them by then. */
const agentsLeadMs = 500;

/** Finds a threshold that ends the run. */
export interface AbortFinder {
  /** Whether there is one that might by now. */
  isDue(elapsedMs: number): boolean;
  /** Why the run ends; undefined while it goes on. */
  find(evidence: Evidence, elapsedMs: number): string | undefined;
}

export interface RunOptions {
  readonly options: LoadtestOptions;
  readonly targets: Targets;
  readonly timetable: Timetable;
  /** Generator processes; 0 generates in this process. */
  readonly workers: number;
  /** The agents that generate instead. */
  readonly fleet: Fleet | undefined;
  /** What it shares with the runs before and after it. */
  readonly series: RunSeries;
  /** The stream is learned from the subscribers. */
  readonly learning: boolean;
  /** Of the requests. */
  readonly seed: string;
}

export class Run {
  readonly #options: LoadtestOptions;
  readonly #targets: Targets;
  readonly #timetable: Timetable;
  readonly #seed: string;
  readonly #pool: GeneratorPool;
  readonly #fleet: Fleet | undefined;
  readonly #series: RunSeries;
  readonly #progress: Progress;
  readonly #abort = new AbortController();
  readonly #failures: string[] = [];
  readonly #stages: { readonly name: string; readonly fromMs: number; toMs: number }[] = [];
  #aborted: string | undefined;
  #isLooking = false;
  #nextLookMs = 0;
  #findAbort: AbortFinder = { isDue: () => false, find: () => undefined };
  /** Where the stream is learned: there the payloads' timestamps are all there is to time it by. */
  readonly #serverClock: ServerClock | undefined;
  #payloadShiftMs = 0;
  #planner: StreamPlanner | undefined;
  /** Of the runs before it. */
  #earlierSlips = 0;
  #rest: RestLoad | undefined;
  #connections = 0;
  readonly #cost: ServerCost;
  readonly #scheduling = new SchedulingWatch();
  readonly #missed = new MissedTime(this.#scheduling);
  #fromMs = Number.NaN;
  #toMs = Number.NaN;
  readonly workers: number;
  readonly startMs = monotonicMs();
  readonly startedAt = new Date();

  constructor({ options, targets, timetable, workers, fleet, series, learning, seed }: RunOptions) {
    this.#options = options;
    this.#targets = targets;
    this.#fleet = fleet;
    this.#series = series;
    this.#timetable = timetable;
    this.#seed = seed;
    this.#serverClock = learning ? new ServerClock(targets.first) : undefined;
    this.#cost = new ServerCost(targets, options.serverPids ?? []);
    this.#progress = new Progress(options, targets.name, timetable);
    // Whoever runs several with one signal is not listened to by those that are over.
    options.signal?.addEventListener("abort", () => this.#abort.abort(), { signal: this.#abort.signal });
    if (options.signal?.aborted === true) this.#abort.abort();
    const { plan } = options;
    const { clientsMax } = timetable;
    const slots = fleet?.slots(clientsMax, targets.all.length) ?? series.slots(workers);
    this.workers = fleet === undefined ? workers : slots.length;
    const subscribers = targets.all.map((target) => target.subscribers);
    this.#pool = new GeneratorPool({
      slots,
      config: {
        targets: subscribers,
        learning,
        // A server that makes its own stream may well compress for each connection: that would cost more than it tells.
        compression: options.compression !== "off" && !learning,
        slowReaders: plan.slowReaders,
        ...fitToHost(subscribers, { workers, clients: clientsMax }),
        connectingMax: Math.ceil(connectingMax / slots.length),
        sessionTimeoutMs: options.sessionTimeoutMs ?? sessionTimeoutMs,
      },
      clients: timetable.clients,
      control: fitControl(plan.control ?? { websocket: 0, polling: 0 }, timetable.clients),
      onSync: () => this.#planner?.sync(),
      onSecond: (second) => {
        this.#progress.second(second);
        this.#missed.close(this.#isMeasuring());
        if (plan.abortOnFail === true && second.faults > 0) this.#abortWith("ended early: a delivery has failed");
        void this.#lookAhead();
      },
      onFailure: (message) => this.#fail(message),
    });
    if (fleet !== undefined) fleet.onTrouble = (sentence) => this.#fail(sentence);
  }

  /** What is generated is worthless from now on. */
  #fail(message: string): void {
    this.#failures.push(message);
    this.#abort.abort();
  }

  async follow(simulation: Simulation, scenario: Scenario): Promise<FeedProblem | undefined> {
    const { signal } = this.#abort;
    const broadcast = (message: StreamUpdate): void => this.#pool.broadcast(message);
    const series = this.#series;
    const planner =
      series.planner ?? (await StreamPlanner.open(this.#targets, simulation, scenario, broadcast, signal));
    if ("problem" in planner) return planner;
    this.#planner = planner;
    series.planner = planner;
    this.#earlierSlips = planner.monitor.slips;
    planner.broadcast = broadcast;
    planner.onTrouble = () => this.#abort.abort();
    if (!signal.aborted) planner.start();
    if (planner.errors.length > 0) this.#abort.abort();
    return undefined;
  }

  #abortWith(reason: string): void {
    this.#aborted ??= reason;
    this.#abort.abort();
  }

  /**
   * Ends the run when a threshold with `abort` does not hold by now. Each look puts all evidence together: in a long run
   * they are rarer.
   */
  async #lookAhead(): Promise<void> {
    const nowMs = monotonicMs();
    const elapsedMs = nowMs - this.#fromMs;
    if (this.#isLooking || !this.#isMeasuring(nowMs) || nowMs < this.#nextLookMs) return;
    if (!this.#findAbort.isDue(elapsedMs)) return;
    this.#isLooking = true;
    this.#nextLookMs = nowMs + elapsedMs * lookShare;
    const [results] = await Promise.all([this.#pool.interim(finishTimeoutMs), this.#cost.update()]);
    const reason = results && this.#findAbort.find(this.#evidence(results, monotonicMs()), elapsedMs);
    if (reason !== undefined && this.#isMeasuring()) this.#abortWith(reason);
    this.#isLooking = false;
  }

  #isMeasuring(nowMs = monotonicMs()): boolean {
    return nowMs >= this.#fromMs && nowMs <= this.#toMs;
  }

  /** Ends before it began. */
  discard(): void {
    this.#abort.abort();
    this.#scheduling.stop();
    this.#pool.kill();
  }

  /** @param discussionId where messages are posted; undefined where the plan has none */
  async conduct(discussionId: string | undefined, findAbort: AbortFinder): Promise<Evidence> {
    this.#findAbort = findAbort;
    try {
      await this.#conductStages(discussionId);
      return await this.#close();
    } finally {
      this.#progress.end();
      this.#abort.abort();
      await this.#rest?.finish(this.#abort.signal);
      this.#serverClock?.stop();
      this.#scheduling.stop();
      this.#pool.kill();
    }
  }

  async #conductStages(discussionId: string | undefined): Promise<void> {
    await this.#fleet?.ready(this.startMs, this.#abort.signal);
    await this.#serverClock?.start();
    this.#series.idle = await this.#cost.readIdle(this.#series.idle);
    const { opening, clients, warmupMs, stages, measuredMs } = this.#timetable;
    this.#goTo(Math.round(clients * (opening?.share ?? 1)), opening?.durationMs ?? 0);
    await this.#wait(opening?.durationMs ?? 0);
    await this.#pool.settled(this.#connections, connectTimeoutMs, this.#abort.signal);
    const { plan } = this.#options;
    const load = { plan, targets: this.#targets, room: discussionId, seed: this.#seed, startMs: this.startMs };
    this.#rest = new RestLoad(load);
    this.#progress.requests(this.#rest);
    if (warmupMs > 0) this.#progress.stage("warm-up", warmupMs);
    await this.#wait(warmupMs);
    await this.#cost.begin();
    const leadMs = this.#fleet === undefined ? 0 : agentsLeadMs;
    this.#fromMs = monotonicMs() + leadMs;
    this.#toMs = this.#fromMs + measuredMs;
    // So that no latency is recorded below zero.
    this.#payloadShiftMs = this.#serverClock?.aheadMsMax ?? 0;
    this.#measure(this.#toMs);
    if (leadMs > 0) await this.#wait(leadMs);
    this.#rest.isMeasuring = true;
    const names = nameStages(stages);
    for (const [index, stage] of stages.entries()) {
      if (this.#abort.signal.aborted) return;
      const fromMs = index === 0 ? this.#fromMs : monotonicMs();
      const report = { name: names[index]!, fromMs, toMs: fromMs };
      this.#stages.push(report);
      this.#pool.broadcast({ type: "stage", index, fromMs });
      await this.#conduct(stage);
      report.toMs = monotonicMs();
    }
  }

  async #conduct(stage: PlanStage): Promise<void> {
    const { kind, durationMs, share = 1, perSecond = 1 } = stage;
    const { clients } = this.#timetable;
    const before = this.#connections;
    this.#progress.stage(kind, durationMs);
    if (kind === "ramp") this.#goTo(Math.round(clients * share), durationMs);
    if (kind === "spike") this.#goTo(Math.round(clients * share), 0);
    if (kind === "storm") this.#pool.replace(Math.round(clients * share));
    if (kind === "churn") await this.#churn(perSecond, durationMs);
    else if (kind === "drop") await this.#dropAgain(stage);
    else if (kind === "restart") await this.#restart(durationMs);
    else await this.#wait(durationMs);
    if (kind === "spike") this.#goTo(before, 0);
  }

  async #churn(perSecond: number, durationMs: number): Promise<void> {
    const startMs = monotonicMs();
    let replaced = 0;
    while (monotonicMs() - startMs < durationMs && !this.#abort.signal.aborted) {
      const due = Math.floor(((monotonicMs() - startMs) / 1000) * perSecond);
      if (due > replaced) this.#pool.replace(due - replaced);
      replaced = Math.max(replaced, due);
      await this.#wait(Math.min(churnStepMs, durationMs));
    }
  }

  /** Nobody is cut off who could not be back by the end of the stage. */
  async #dropAgain({ durationMs, share = 1, everyMs = 1, offlineMs = 0, how = "reset" }: PlanStage): Promise<void> {
    const startMs = monotonicMs();
    for (let atMs = 0; atMs + offlineMs <= durationMs && !this.#abort.signal.aborted; atMs += everyMs) {
      this.#pool.drop(Math.round(this.#connections * share), offlineMs, how);
      const nextMs = Math.min(atMs + everyMs, durationMs);
      await this.#wait(startMs + nextMs - monotonicMs());
    }
    await this.#wait(startMs + durationMs - monotonicMs());
  }

  /** Its end is not waited for: it may run as long as the server does. */
  async #restart(durationMs: number): Promise<void> {
    const fromMs = monotonicMs();
    this.#cost.restarted();
    this.#planner?.expectRestart();
    this.#pool.broadcast({ type: "restart", stage: this.#stages.length - 1, fromMs });
    this.#options.restart?.().catch((error: unknown) => {
      this.#fail(`the server could not be restarted: ${(error as Error).message}`);
    });
    await this.#wait(durationMs);
    this.#pool.broadcast({ type: "restarted" });
  }

  /** The subscribers have gone: nothing else is measured beside it. */
  async #saturate(): Promise<SummarySaturation | undefined> {
    const saturate = this.#options.plan.rest?.saturate;
    if (saturate === undefined || this.#abort.signal.aborted) return undefined;
    this.#progress.stage("saturate", saturate.durationMs);
    return measureSaturation(saturate, this.#targets.first, this.#abort.signal);
  }

  #goTo(count: number, overMs: number): void {
    this.#connections = count;
    this.#pool.goTo(count, overMs);
  }

  async #wait(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  #measure(toMs: number): void {
    this.#pool.broadcast({ type: "measure", fromMs: this.#fromMs, toMs, payloadShiftMs: this.#payloadShiftMs });
  }

  async #close(): Promise<Evidence> {
    const endMs = monotonicMs();
    // Answers that are still due are waited for while the subscribers drain.
    const answered = this.#rest?.finish(this.#abort.signal);
    this.#measure(Math.min(this.#toMs, endMs));
    const cost = this.#cost.update();
    const lastTick = this.#planner?.monitor.tickAt(endMs) ?? Infinity;
    this.#progress.stage("drain");
    this.#planner?.sync();
    this.#pool.broadcast({ type: "close", lastTick, isEarly: this.#abort.signal.aborted });
    await this.#pool.drained(drainTimeoutMs);
    // What a command that was under way changed is judged by the log as it is now.
    await this.#planner?.synced();
    await answered;
    await cost;
    const results = await this.#pool.finish(finishTimeoutMs);
    return { ...this.#evidence(results, endMs), saturation: await this.#saturate() };
  }

  /** What there is to judge by, until `endMs`. */
  #evidence(results: readonly GeneratorResult[], endMs: number): Evidence {
    return {
      results,
      clock: this.#serverClock?.evidence,
      payloadShiftMs: this.#payloadShiftMs,
      seconds: this.#pool.seconds,
      batches: this.#pool.batches,
      rest: this.#rest,
      saturation: undefined,
      simulation: this.#planner?.monitor.simulation,
      slips: (this.#planner?.monitor.slips ?? 0) - this.#earlierSlips,
      intervalMs: this.#planner?.monitor.intervalMs ?? 0,
      errors: this.#planner?.errors ?? [],
      conductor: {
        missedMs: this.#missed.totalMs,
        evidence: [...this.#missed.evidence("the load test's own process"), ...(this.#rest?.evidence ?? [])],
      },
      failures: this.#failures,
      hosts: this.#fleet?.hosts ?? [],
      uncertaintyMs: this.#planner?.monitor.uncertaintyMs ?? 0,
      agreementEvidence: this.#pool.evidence,
      cost: this.#cost.evidence,
      startMs: this.startMs,
      startedAt: this.startedAt,
      measuredMs: Number.isNaN(this.#fromMs) ? 0 : Math.max(0, Math.min(this.#toMs, endMs) - this.#fromMs),
      interrupted: this.#options.signal?.aborted === true,
      aborted: this.#aborted,
      stages: this.#stages,
    };
  }
}

/** Never more real clients than subscribers. */
function fitControl(
  control: { readonly websocket: number; readonly polling: number },
  clients: number,
): { websocket: number; polling: number } {
  const websocket = Math.min(control.websocket, clients);
  return { websocket, polling: Math.min(control.polling, clients - websocket) };
}
