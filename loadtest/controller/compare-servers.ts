/**
 * Compares two servers in one run: A, B and A once more (A') have rounds in turns, by the order of `ab/`.
 *
 * Each round is a run of its own, with the same plan and its own connections: a server that is not measured has no
 * subscribers. Two processes of one build differ for as long as they live, and one that has run for longer is cheaper: so
 * whoever starts processes starts a new one for each round. Then that difference is a part of the noise, which evens out
 * over the blocks, and all are of the same age.
 */
import type { AbFigure, AbRound, AbServer, AbTest, Summary } from "../../schemas/index.js";
import { type OptionTable, checkOptions, numberFrom, wholeFrom } from "../../schemas/option-table.js";
import { describeAb, describeInterval } from "../ab/conclusion.js";
import { blocksMin, figuresOf, isPrecise } from "../ab/figures.js";
import { type AbSide, nameOf, orderOf, sides } from "../ab/rounds.js";
import { findDifferences } from "../comparison/conditions.js";
import { OptionError } from "../core/errors.js";
import { formatMs, formatPercent, formatSeconds } from "../core/format.js";
import { monotonicMs } from "../core/monotonic.js";
import { type LoadtestOptions, type LoadtestServer, runMsMax } from "../core/options.js";
import { readMetrics } from "../core/target-requests.js";
import { parseTargets } from "../core/targets.js";
import { waitForServers } from "../core/wait-for-server.js";
import { writeAb } from "../report/ab/write.js";
import { loadtestRules, prepareLoadtest } from "./prepare.js";
import { runPrepared } from "./run-prepared.js";
import { displayOfPart, planSteadyLoad } from "./steady-load.js";

export const abDefaults = { roundMs: 10_000, roundsMax: 30, precision: 0.03 } as const;

const roundsMin = blocksMin * sides.length;
const roundsLimit = 3000;

/** Of the rounds, how many may be repeated because the generator had no time. */
const repeatedShare = 0.2;

export interface AbOptions extends Omit<
  LoadtestOptions,
  "durationMs" | "baseline" | "observer" | "restart" | "thresholds" | "serverPids" | "ownServer"
> {
  /** Measured time of each round, milliseconds. @default 10_000 */
  readonly roundMs?: number;
  /** The most rounds that are counted, of all three servers together. @default 30 */
  readonly roundsMax?: number;
  /** Ends the rounds when the main figure's interval reaches no further, as a share. @default 0.03 */
  readonly precision?: number;
}

/** A server that has a round, and its processes on this machine where they are known. */
export interface AbTarget extends LoadtestServer {
  readonly serverPids?: readonly number[];
}

/** A server for one round. */
export interface OpenServer {
  readonly target: AbTarget;
  close(): Promise<void>;
}

/** Where the servers come from. */
export interface AbSource {
  /** By server: the command or address that was given, and whether it is a command. */
  readonly of: Readonly<Record<AbSide, Pick<AbServer, "source" | "isProcess">>>;
  /** Before each round. @throws when the server does not start */
  open(side: AbSide, signal: AbortSignal | undefined): Promise<OpenServer>;
}

export interface AbPreparation {
  readonly options: AbOptions & Required<Pick<AbOptions, keyof typeof abDefaults>>;
}

export interface AbResult {
  readonly ab: AbTest;
  /** Writes the reports, where there is a folder for them. Resolves with their paths, the page first. */
  writeReports(): Promise<readonly string[]>;
}

const {
  durationMs: _duration,
  baseline: _baseline,
  observer: _observer,
  restart: _restart,
  thresholds: _thresholds,
  serverPids: _pids,
  ownServer: _own,
  ...runRules
} = loadtestRules;

const rules: OptionTable<AbOptions> = {
  ...runRules,
  roundMs: wholeFrom(1, runMsMax, " milliseconds"),
  roundsMax: wholeFrom(roundsMin, roundsLimit),
  precision: numberFrom(0.001, 1),
};

/** Of each round. Limits of the plan are none of a comparison's. */
function prepareRound({ options }: AbPreparation, serverPids: readonly number[]) {
  const {
    roundMs,
    roundsMax: _max,
    precision: _precision,
    outDir: _out,
    isOutDirNew: _new,
    progress: _progress,
    ...run
  } = options;
  const { thresholds: _limits, abortOnFail: _abort, ...plan } = options.plan;
  const steady = planSteadyLoad(plan, options.clients ?? plan.clients, roundMs);
  return prepareLoadtest({ ...run, ...displayOfPart(options), serverPids, plan: steady });
}

/**
 * Looks at everything that was asked for, but for the servers.
 *
 * @throws {OptionError} when an option or the plan makes no sense, or the reports could not be written
 */
export async function prepareAb(given: AbOptions): Promise<AbPreparation> {
  const refuse = ({ option, message }: { option: string; message: string }) => new OptionError(message, { option });
  const options = { ...abDefaults, ...checkOptions("prepareAb()", rules, given, refuse) };
  const preparation = { options };
  const { outDir, isOutDirNew } = options;
  // The folder is looked at with a round's options; the reports in it are those of all rounds.
  await prepareLoadtest({
    ...(await prepareRound(preparation, [])).options,
    ...(outDir !== undefined && { outDir }),
    ...(isOutDirNew !== undefined && { isOutDirNew }),
  });
  return preparation;
}

type Values = Pick<AbRound, "p50Ms" | "p99Ms" | "completionMs" | "httpP90Ms" | "cpuUsPerDelivery">;

const noLatency = { p50Ms: null, p99Ms: null, completionMs: null };
const nothing = { ...noLatency, httpP90Ms: null, cpuUsPerDelivery: null };

function valuesOf({ latencyMs, completionMs, httpMs, server }: Summary): Values {
  return {
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    completionMs: completionMs.p50,
    httpP90Ms: httpMs.count > 0 ? httpMs.p90 : null,
    cpuUsPerDelivery: server.cpuUsPerDelivery,
  };
}

/** What the progress tells of a round that is over. */
function formatRound({ block, server, verdict, reasons, p50Ms, cpuUsPerDelivery }: AbRound): string {
  const cpu = cpuUsPerDelivery === null ? "" : `, server ${cpuUsPerDelivery.toFixed(2)} µs a delivery`;
  const why = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  return `Block ${block}, ${nameOf(server)}: p50 ${formatMs(p50Ms)}${cpu}: ${verdict}${why}`;
}

/** The rounds of one test. */
class AbRun {
  readonly #preparation: AbPreparation;
  readonly #source: AbSource;
  readonly #rounds: AbRound[] = [];
  readonly #startedAt = new Date();
  readonly #startMs = monotonicMs();
  /** The first summary of each. */
  readonly #first = new Map<AbSide, Summary>();
  #repeatsLeft: number;
  #problem: string | null = null;

  constructor(preparation: AbPreparation, source: AbSource) {
    this.#preparation = preparation;
    this.#source = source;
    this.#repeatsLeft = Math.ceil(preparation.options.roundsMax * repeatedShare);
  }

  get #isInterrupted(): boolean {
    return this.#preparation.options.signal?.aborted === true;
  }

  async conduct(): Promise<void> {
    const { roundsMax, precision } = this.#preparation.options;
    await this.#tryServers();
    for (let block = 1; block * sides.length <= roundsMax; block += 1) {
      if (this.#isInterrupted || !(await this.#runBlock(block))) return;
      const figures = figuresOf(this.#comparable);
      this.#tellBlock(block, figures);
      if (isPrecise(figures, precision)) return;
    }
  }

  /** What does not start is known before the first round. */
  async #tryServers(): Promise<void> {
    for (const side of ["a", "b"] as const)
      await (await this.#source.open(side, this.#preparation.options.signal)).close();
  }

  /** @returns whether there may be another one */
  async #runBlock(block: number): Promise<boolean> {
    for (const side of orderOf(block)) {
      while (!(await this.#runRound(block, side))) if (this.#isInterrupted || this.#problem !== null) return false;
      if (this.#isInterrupted) return false;
    }
    return this.#rounds.every(({ verdict }) => verdict !== "FAIL");
  }

  /** Its own word is finer than that of /proc. */
  async #hasMetrics({ url, token }: AbTarget): Promise<boolean> {
    const { headers, auth, waitMs = 0, signal } = this.#preparation.options;
    const { all, first } = parseTargets({ urls: [url].flat(), token, headers, auth });
    await waitForServers(all, waitMs, signal);
    return token !== undefined && "content" in (await readMetrics(first));
  }

  async #measure(side: AbSide): Promise<Summary> {
    await using server = await this.#open(side);
    const { serverPids = [], ...target } = server.target;
    const pids = (await this.#hasMetrics(server.target)) ? [] : serverPids;
    const { summary } = await runPrepared(await prepareRound(this.#preparation, pids), target);
    return summary;
  }

  async #open(side: AbSide): Promise<OpenServer & AsyncDisposable> {
    const server = await this.#source.open(side, this.#preparation.options.signal);
    return { ...server, [Symbol.asyncDispose]: () => server.close() };
  }

  /** @returns whether it counts; where it does not, it is to be repeated unless there is a problem */
  async #runRound(block: number, side: AbSide): Promise<boolean> {
    const fromMs = monotonicMs();
    try {
      const summary = await this.#measure(side);
      if (summary.interrupted) return false;
      if (!this.#first.has(side)) this.#first.set(side, summary);
      const { verdict, reasons } = summary;
      return this.#add(block, side, { verdict, reasons, ...valuesOf(summary) }, fromMs);
    } catch (error) {
      if (this.#isInterrupted) return false;
      // What answered before was brought down by the load, or by somebody.
      if (!this.#first.has(side)) throw error;
      const reasons = [`it no longer answers: ${(error as Error).message.replace(/\.$/, "")}`];
      return this.#add(block, side, { verdict: "FAIL", reasons, ...nothing }, fromMs);
    }
  }

  #add(block: number, server: AbSide, outcome: Pick<AbRound, "verdict" | "reasons"> & Values, fromMs: number): boolean {
    const { verdict, reasons } = outcome;
    const round: AbRound = {
      block,
      server,
      ...outcome,
      isCounted: verdict !== "INVALID",
      atMs: Math.round(fromMs - this.#startMs),
      durationMs: Math.round(monotonicMs() - fromMs),
    };
    this.#rounds.push(round);
    this.#preparation.options.progress?.line(formatRound(round));
    if (round.isCounted) return true;
    if (this.#repeatsLeft === 0) this.#problem = `too many rounds are INVALID, the last one: ${reasons.join("; ")}`;
    this.#repeatsLeft -= 1;
    return false;
  }

  /** Tells the interval so far, and how long it may take. */
  #tellBlock(block: number, [main]: readonly AbFigure[]): void {
    const { roundsMax, precision, progress } = this.#preparation.options;
    const blocksMax = Math.floor(roundsMax / sides.length);
    const leftMs = ((monotonicMs() - this.#startMs) / block) * (blocksMax - block);
    const known =
      main === undefined || main.ratio === null
        ? "no interval yet"
        : `${describeInterval(main)} (to be ± ${formatPercent(precision)})`;
    progress?.line(`Block ${block} of ${blocksMax} at most: ${known}; ${formatSeconds(leftMs)} left at most`);
  }

  #describeServer(side: AbSide): AbServer {
    const { target, server } = this.#first.get(side) ?? {};
    return { ...this.#source.of[side], url: target?.url ?? "", costSource: server?.costSource ?? null };
  }

  /** Latencies of a stream that is regenerated count from the tick, those of one that is learned from its first arrival. */
  get #haveOneOracle(): boolean {
    return new Set([...this.#first.values()].map(({ target }) => target.oracle)).size <= 1;
  }

  get #haveOneCostSource(): boolean {
    return new Set([...this.#first.values()].map(({ server }) => server.costSource)).size <= 1;
  }

  /** Without what cannot be compared. */
  get #comparable(): readonly AbRound[] {
    const left = {
      ...(this.#haveOneOracle ? {} : noLatency),
      ...(this.#haveOneCostSource ? {} : { cpuUsPerDelivery: null }),
    };
    return this.#rounds.map((round) => Object.assign({}, round, left));
  }

  /** Why figures are not known. */
  #findNotes(): string[] {
    const summaries = [...this.#first.values()];
    const why = summaries.map(({ server }) => server.costExplanation).find((explanation) => explanation !== null);
    return [
      ...(why === undefined ? [] : [`Server CPU is not known: ${why}.`]),
      ...(why !== undefined || this.#haveOneCostSource
        ? []
        : ["Server CPU is not compared: one server tells it in /metrics, and that of the other is read from /proc."]),
      ...(this.#haveOneOracle
        ? []
        : ["Latencies are not compared: the stream of one server is regenerated, and that of the other is not."]),
    ];
  }

  describe(): AbTest {
    const { options } = this.#preparation;
    const { plan, precision, roundsMax, roundMs, commandLine: command, version } = options;
    const [a, b] = (["a", "b"] as const).map((side) => [this.#first.get(side)].flatMap((one) => one ?? []));
    const differences = findDifferences(a!, b!).map(({ what, old, new: changed }) => ({ what, a: old, b: changed }));
    const facts = {
      interrupted: this.#isInterrupted,
      differences: a!.length > 0 && b!.length > 0 ? differences : [],
      a: this.#describeServer("a"),
      b: this.#describeServer("b"),
      control: this.#describeServer("control"),
      precision,
      roundsMax,
      roundMs,
      plan: plan.name,
      clients: options.clients ?? plan.clients,
      startedAt: this.#startedAt.toISOString(),
      durationMs: Math.round(monotonicMs() - this.#startMs),
      command,
      version,
    };
    return describeAb({ rounds: this.#comparable, facts, problem: this.#problem, notes: this.#findNotes() });
  }
}

/**
 * Compares two servers. Its reports are written when they are asked for.
 *
 * @throws {TargetError} when a server is not there, refuses, or is none
 * @throws {OptionError} when a server cannot do what the plan asks for
 */
export async function compareServers(preparation: AbPreparation, source: AbSource): Promise<AbResult> {
  const run = new AbRun(preparation, source);
  await run.conduct();
  const ab = run.describe();
  return {
    ab,
    async writeReports() {
      const { outDir, isOutDirNew = false } = preparation.options;
      return outDir === undefined ? [] : await writeAb({ outDir, isOutDirNew }, ab);
    },
  };
}
