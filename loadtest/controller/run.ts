/**
 * Conducts a load test: looks at the target, starts the generators and plans the stream, walks through
 * the plan's stages, and collects what is needed for a verdict. It receives no event itself.
 */
import { OptionError, TargetError } from "../core/errors.js";
import { describeValue } from "../../schemas/describe-value.js";
import { type OptionFault, type OptionTable, checkOptions, flag, text } from "../../schemas/option-table.js";
import { setTimeout as sleep } from "node:timers/promises";
import type { PlanStage, Scenario, Simulation } from "../../schemas/index.js";
import { planAddresses } from "../generator/shares.js";
import { GeneratorPool } from "../generator/generator-pool.js";
import { findProcessors } from "../core/limits.js";
import { isLoopbackName } from "../../schemas/loopback.js";
import { takesAnyLoopback } from "../core/loopback.js";
import { monotonicMs } from "../core/monotonic.js";
import { type LoadtestOptions, type LoadtestResult, type LoadtestServer } from "../core/options.js";
import { type Identification, identifyStream } from "../oracle/identify.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import type { FeedProblem } from "./command-log.js";
import { type Preparation, requireFiles, withoutRest } from "./prepare.js";
import { Progress } from "./progress.js";
import { StreamPlanner } from "./stream-planner.js";
import { writeReports } from "../report/write.js";
import { type RestLoad, startRestLoad } from "../rest/rest-load.js";
import { findMessageTarget } from "../rest/message-target.js";
import { MissedTime, SchedulingWatch } from "../core/scheduling.js";
import { ServerClock } from "../core/server-clock.js";
import { type Evidence, summarise } from "../verdict/summary.js";
import { type Target, parseTarget } from "../core/target.js";
import { type Reading, readSimulation, requireSocketIo } from "../core/target-requests.js";
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

/** Whether generators that stay awake leave a core for the server, which is on this machine. */
function hasCoreToSpare(workers: number, { url }: Target): boolean {
  return workers > 0 && workers < findProcessors() && isLoopbackName(url.hostname);
}

class Run {
  readonly #options: LoadtestOptions;
  readonly #target: Target;
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

  constructor(options: LoadtestOptions, target: Target, timetable: Timetable, workers: number, learning: boolean) {
    this.#options = options;
    this.#target = target;
    this.workers = workers;
    this.#timetable = timetable;
    this.#serverClock = learning ? new ServerClock(target) : undefined;
    this.#progress = new Progress(options, target.base, timetable);
    options.signal?.addEventListener("abort", () => this.#abort.abort(), { once: true });
    if (options.signal?.aborted === true) this.#abort.abort();
    const { plan } = options;
    this.#pool = new GeneratorPool({
      workers,
      config: {
        target: target.subscribers,
        learning,
        slowReaders: plan.slowReaders,
        sources: planAddresses(takesAnyLoopback(target.url.hostname) ? timetable.clientsMax : 0, Math.max(1, workers)),
        connectingMax: Math.ceil(connectingMax / Math.max(1, workers)),
        sessionTimeoutMs: options.sessionTimeoutMs ?? sessionTimeoutMs,
        busyPolling: timetable.clientsMax >= busyPollingFrom && hasCoreToSpare(workers, target),
      },
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
    const planner = await StreamPlanner.open(this.#target, simulation, scenario, broadcast, signal);
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
    this.#rest = startRestLoad(this.#options.plan, this.#target, discussionId, this.startMs);
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

/** What the server is, and what was given to check its deliveries with. */
interface Server {
  readonly target: Target;
  readonly simulation: Reading<Simulation>;
  /** The token may be another server's. */
  readonly isTokenOptional: boolean;
}

/** Statuses of a server that has no such resource. */
const absent: ReadonlySet<number | undefined> = new Set([404, 405, 410, 501]);

/** Whether a server answered /api/simulation as one that never heard of it: with nothing, or with a page for every path. */
function lacksSimulation({ simulation }: Server): boolean {
  return "problem" in simulation && (absent.has(simulation.status) || simulation.status === 200);
}

/** The scenario to regenerate the stream from, or why the subscribers can only be compared with each other. */
function identify({ simulation }: Server, given: Scenario | undefined): Identification {
  if ("content" in simulation) return identifyStream(simulation.content, given);
  if (absent.has(simulation.status)) return { reason: "the server has no /api/simulation" };
  return { reason: `GET /api/simulation ${simulation.problem}` };
}

/**
 * Follows the server's stream where it can be regenerated. Elsewhere the run learns it, and the reason is told;
 * unless a token or a scenario was given, because then the deliveries were to be checked against that stream.
 */
async function startRun(
  { options, timetable, workers }: Preparation,
  server: Server,
): Promise<{ readonly run: Run; readonly reason: string | undefined }> {
  const { target, isTokenOptional } = server;
  const tokenName = isTokenOptional ? "MAX_TOKEN" : "The option token";
  const refuse = (name: string, reason: string): never => {
    throw new TargetError(
      "notFollowed",
      `${name} was given, but the stream of ${target.base} cannot be regenerated: ${reason}. Correct it, or leave it out to compare the subscribers with each other.`,
    );
  };
  const learn = (reason: string) => {
    if (workers > 1 && options.workers !== undefined)
      throw new OptionError(
        `Invalid workers ${workers}: expected 0 or 1, as subscribers that are compared with each other share a process (${reason}).`,
        { option: "workers" },
      );
    requireFiles(timetable.clientsMax, 1, options.ownServer ?? false);
    return { run: new Run(options, target, timetable, Math.min(1, workers), true), reason };
  };
  const identified = identify(server, options.scenario);
  if ("reason" in identified) {
    const { reason } = identified;
    if (options.scenario !== undefined) return refuse("The option scenario", reason);
    const mayBeAnothers = isTokenOptional && ("content" in server.simulation || lacksSimulation(server));
    if (target.token !== undefined && !mayBeAnothers) return refuse(tokenName, reason);
    return learn(reason);
  }
  if (target.token === undefined) return learn("no token was given to read the command log with");
  const run = new Run(options, target, timetable, workers, false);
  const failure = await run.follow(
    (server.simulation as { readonly content: Simulation }).content,
    identified.scenario,
  );
  if (failure === undefined) return { run, reason: undefined };
  run.discard();
  const { problem, rejectedWith } = failure;
  return refuse(tokenName, rejectedWith === undefined ? problem : `the server rejected the token with ${rejectedWith}`);
}

const serverRules: OptionTable<LoadtestServer> = {
  url: text,
  token: { ...text, isSecret: true },
  isTokenOptional: flag,
};

/** @throws {OptionError} for what is missing, misspelt or of another kind */
function completeServer(given: LoadtestServer): LoadtestServer {
  const refuse = ({ option, message }: OptionFault): OptionError => new OptionError(message, { option });
  const server = checkOptions("runLoadtest()", serverRules, given, refuse);
  if (server.url === undefined)
    throw new OptionError(
      "Missing url of runLoadtest(): expected the address of a server, such as http://localhost:8000.",
    );
  return server;
}

function requirePreparation(prepared: unknown): void {
  const isPrepared =
    typeof prepared === "object" && prepared !== null && "timetable" in prepared && "options" in prepared;
  if (!isPrepared)
    throw new OptionError(
      `Invalid preparation of runLoadtest(), ${describeValue(prepared)}: expected what prepareLoadtest() resolves with.`,
    );
}

/**
 * Runs a load test. Its reports are written when they are asked for.
 *
 * @throws {TargetError} when the server is not there, refuses, or is none
 * @throws {OptionError} when this server cannot do what the plan asks for
 */
export async function runLoadtest(prepared: Preparation, given: LoadtestServer): Promise<LoadtestResult> {
  requirePreparation(prepared);
  const server = completeServer(given);
  const { headers, auth, rest } = prepared.options;
  const target = parseTarget({ ...server, headers, auth });
  await requireSocketIo(target);
  const reading = await readSimulation(target);
  const isKnown = "content" in reading;
  const preparation = rest === "known-server" && !isKnown ? withoutRest(prepared) : prepared;
  const { options } = preparation;
  const discussionId =
    options.plan.messages === undefined ? undefined : await findMessageTarget(target, options.signal);
  const isTokenOptional = server.isTokenOptional ?? false;
  const { run, reason } = await startRun(preparation, { target, simulation: reading, isTokenOptional });
  const evidence = await run.conduct(discussionId);
  const simulation = isKnown ? reading.content : undefined;
  const summary = summarise({ ...preparation, workers: run.workers, target, reason, simulation, evidence });
  return {
    summary,
    writeReports: () => writeReports(options, summary, evidence.seconds, run.startedAt),
  };
}
