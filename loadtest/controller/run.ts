/**
 * Conducts a load test: starts the generators and plans the stream, walks through the plan's stages, and collects
 * what is needed for a verdict. It receives no event itself.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PlanStage, Scenario, Simulation } from "../../schemas/index.js";
import { planAddresses } from "../generator/shares.js";
import { GeneratorPool } from "../generator/generator-pool.js";
import { findProcessors } from "../core/limits.js";
import { isLoopbackName } from "../../schemas/loopback.js";
import { takesAnyLoopback } from "../core/loopback.js";
import { monotonicMs } from "../core/monotonic.js";
import type { LoadtestOptions } from "../core/options.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import type { FeedProblem } from "./command-log.js";
import { Progress } from "./progress.js";
import { StreamPlanner } from "./stream-planner.js";
import { type RestLoad, startRestLoad } from "../rest/rest-load.js";
import { MissedTime, SchedulingWatch } from "../core/scheduling.js";
import { ServerClock } from "../core/server-clock.js";
import type { Targets } from "../core/targets.js";
import type { Evidence } from "../verdict/summary.js";
import type { Timetable } from "../core/timetable.js";

const connectingMax = 200;
/** As long as the stock client waits for its connection. */
const sessionTimeoutMs = 20_000;
const connectTimeoutMs = 60_000;
const drainTimeoutMs = 15_000;
const finishTimeoutMs = 60_000;
const churnStepMs = 200;
/** With fewer subscribers a tick has arrived before staying awake for it gains anything, and others need the core. */
const busyPollingFrom = 1000;

/** Whether generators that stay awake leave a core for each server, which are on this machine. */
function hasCoreToSpare(workers: number, { all }: Targets): boolean {
  const needed = workers + all.length - 1;
  return workers > 0 && needed < findProcessors() && all.every(({ url }) => isLoopbackName(url.hostname));
}

export class Run {
  readonly #options: LoadtestOptions;
  readonly #targets: Targets;
  readonly #timetable: Timetable;
  readonly #pool: GeneratorPool;
  readonly #progress: Progress;
  readonly #abort = new AbortController();
  readonly #failures: string[] = [];
  /** Where the stream is learned: there the payloads' timestamps are all there is to time it by. */
  readonly #serverClock: ServerClock | undefined;
  #payloadShiftMs = 0;
  #planner: StreamPlanner | undefined;
  #rest: RestLoad | undefined;
  #connections = 0;
  readonly #scheduling = new SchedulingWatch();
  readonly #missed = new MissedTime(this.#scheduling);
  #fromMs = Number.NaN;
  #toMs = Number.NaN;
  readonly workers: number;
  readonly startMs = monotonicMs();
  readonly startedAt = new Date();

  constructor(options: LoadtestOptions, targets: Targets, timetable: Timetable, workers: number, learning: boolean) {
    this.#options = options;
    this.#targets = targets;
    this.workers = workers;
    this.#timetable = timetable;
    this.#serverClock = learning ? new ServerClock(targets.first) : undefined;
    this.#progress = new Progress(options, targets.name, timetable);
    options.signal?.addEventListener("abort", () => this.#abort.abort(), { once: true });
    if (options.signal?.aborted === true) this.#abort.abort();
    const { plan } = options;
    const hasAnyLoopback = targets.all.every(({ url }) => takesAnyLoopback(url.hostname));
    this.#pool = new GeneratorPool({
      workers,
      config: {
        targets: targets.all.map(({ subscribers }) => subscribers),
        learning,
        slowReaders: plan.slowReaders,
        sources: planAddresses(hasAnyLoopback ? timetable.clientsMax : 0, Math.max(1, workers)),
        connectingMax: Math.ceil(connectingMax / Math.max(1, workers)),
        sessionTimeoutMs: options.sessionTimeoutMs ?? sessionTimeoutMs,
        busyPolling: timetable.clientsMax >= busyPollingFrom && hasCoreToSpare(workers, targets),
      },
      clients: timetable.clients,
      control: fitControl(plan.control ?? { websocket: 0, polling: 0 }, timetable.clients),
      onSync: () => this.#planner?.sync(),
      onSecond: (second) => {
        this.#progress.second(second);
        this.#missed.close(this.#isMeasuring());
        if (plan.abortOnFail === true && second.faults > 0) this.#abort.abort();
      },
      onFailure: (message) => {
        this.#failures.push(message);
        this.#abort.abort();
      },
    });
  }

  async follow(simulation: Simulation, scenario: Scenario): Promise<FeedProblem | undefined> {
    const { signal } = this.#abort;
    const broadcast = (message: StreamUpdate): void => this.#pool.broadcast(message);
    const planner = await StreamPlanner.open(this.#targets, simulation, scenario, broadcast, signal);
    if ("problem" in planner) return planner;
    this.#planner = planner;
    planner.onTrouble = () => this.#abort.abort();
    if (!signal.aborted) planner.start();
    if (planner.errors.length > 0) this.#abort.abort();
    return undefined;
  }

  #isMeasuring(nowMs = monotonicMs()): boolean {
    return nowMs >= this.#fromMs && nowMs <= this.#toMs;
  }

  /** Ends before it began. */
  discard(): void {
    this.#scheduling.stop();
    this.#planner?.stop();
    this.#pool.kill();
  }

  /** @param discussionId where messages are posted; undefined where the plan has none */
  async conduct(discussionId: string | undefined): Promise<Evidence> {
    try {
      await this.#conductStages(discussionId);
      return await this.#close();
    } finally {
      this.#progress.end();
      this.#abort.abort();
      await this.#rest?.finish(this.#abort.signal);
      this.#planner?.stop();
      this.#serverClock?.stop();
      this.#scheduling.stop();
      this.#pool.kill();
    }
  }

  async #conductStages(discussionId: string | undefined): Promise<void> {
    await this.#serverClock?.start();
    const { opening, clients, warmupMs, stages, measuredMs } = this.#timetable;
    this.#goTo(Math.round(clients * (opening?.share ?? 1)), opening?.durationMs ?? 0);
    await this.#wait(opening?.durationMs ?? 0);
    await this.#pool.settled(this.#connections, connectTimeoutMs, this.#abort.signal);
    this.#rest = startRestLoad(this.#options.plan, this.#targets, discussionId, this.startMs);
    if (warmupMs > 0) this.#progress.stage("warm-up", warmupMs);
    await this.#wait(warmupMs);
    this.#fromMs = monotonicMs();
    this.#toMs = this.#fromMs + measuredMs;
    // So that no latency is recorded below zero.
    this.#payloadShiftMs = this.#serverClock?.aheadMsMax ?? 0;
    this.#measure(this.#toMs);
    this.#rest.measure();
    for (const stage of stages) await this.#conduct(stage);
  }

  async #conduct({ kind, durationMs, share = 1, perSecond = 1 }: PlanStage): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const { clients } = this.#timetable;
    const before = this.#connections;
    this.#progress.stage(kind, durationMs);
    if (kind === "ramp") this.#goTo(Math.round(clients * share), durationMs);
    if (kind === "spike") this.#goTo(Math.round(clients * share), 0);
    if (kind === "storm") this.#pool.replace(Math.round(clients * share));
    if (kind === "churn") await this.#churn(perSecond, durationMs);
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
    const lastTick = this.#planner?.monitor.tickAt(endMs) ?? Infinity;
    this.#progress.stage("drain");
    this.#planner?.sync();
    this.#pool.broadcast({ type: "close", lastTick, isEarly: this.#abort.signal.aborted });
    await this.#pool.drained(drainTimeoutMs);
    // What a command that was under way changed is judged by the log as it is now.
    await this.#planner?.synced();
    await answered;
    const results = await this.#pool.finish(finishTimeoutMs);
    return {
      results,
      clock: this.#serverClock?.evidence,
      payloadShiftMs: this.#payloadShiftMs,
      seconds: this.#pool.seconds,
      batches: [...this.#pool.batches.values()],
      routes: this.#rest?.routes ?? [],
      answers: this.#rest?.addresses ?? this.#targets.all.map(() => ({ requests: 0, errors: 0, failed: 0 })),
      requestsPerSecond: this.#rest?.perSecond ?? [],
      simulation: this.#planner?.monitor.simulation,
      slips: this.#planner?.monitor.slips ?? 0,
      intervalMs: this.#planner?.monitor.intervalMs ?? 0,
      errors: this.#planner?.errors ?? [],
      conductor: { missedMs: this.#missed.totalMs, evidence: this.#missed.evidence("the load test's own process") },
      failures: this.#failures,
      uncertaintyMs: this.#planner?.monitor.uncertaintyMs ?? 0,
      startMs: this.startMs,
      startedAt: this.startedAt,
      measuredMs: Number.isNaN(this.#fromMs) ? 0 : Math.max(0, Math.min(this.#toMs, endMs) - this.#fromMs),
      interrupted: this.#options.signal?.aborted === true,
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
