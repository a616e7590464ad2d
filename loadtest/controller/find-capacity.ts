/**
 * Finds how many subscribers a server holds: runs with more and more of them, by the search of `capacity/`.
 *
 * Each probe is a run of its own, with its own warm-up, accounts, histograms and verdict, against the same server. Whoever
 * has received everything stays connected: the next probe adds subscribers, or closes some. Others connect anew, so that
 * what one probe did to them cannot count for the next.
 */
import type { Capacity, CapacityLimit, CapacityProbe, Summary } from "../../schemas/index.js";
import { type OptionTable, checkOptions, wholeFrom } from "../../schemas/option-table.js";
import { describeCapacity, outcomesOf } from "../capacity/capacity.js";
import { limitOf } from "../capacity/limit.js";
import {
  type NextProbe,
  type SearchAnswer,
  type SearchSettings,
  endSearch,
  nextStep,
  precision,
} from "../capacity/search.js";
import { OptionError, TargetError } from "../core/errors.js";
import { formatCount, formatMs, formatPercent } from "../core/format.js";
import { chooseWorkers } from "../core/limits.js";
import { monotonicMs } from "../core/monotonic.js";
import { type LoadtestOptions, type LoadtestServer, clientsMax, runMsMax } from "../core/options.js";
import { writeCapacity } from "../report/capacity/write.js";
import { findClientsByFiles, loadtestRules, prepareLoadtest } from "./prepare.js";
import { runInSeries } from "./run-prepared.js";
import { RunSeries } from "./run-series.js";
import { displayOfPart, planSteadyLoad } from "./steady-load.js";

export const capacityDefaults = { startClients: 200, clientsMax: 10_000, probeMs: 10_000 } as const;

export interface CapacityOptions extends Omit<
  LoadtestOptions,
  "clients" | "durationMs" | "baseline" | "observer" | "restart" | "agents"
> {
  /** Subscribers of the first probe. @default 200 */
  readonly startClients?: number;
  /** The most subscribers that are tried. @default 10_000 */
  readonly clientsMax?: number;
  /** Measured time of each probe, milliseconds. @default 10_000 */
  readonly probeMs?: number;
}

export interface CapacityPreparation {
  readonly options: CapacityOptions;
  readonly settings: SearchSettings;
  readonly probeMs: number;
  /** The same for all probes: subscribers stay where they are. */
  readonly workers: number;
  /** The open files of this machine allow for fewer than were to be tried. */
  readonly filesLimit: CapacityLimit | null;
}

export interface CapacityResult {
  readonly capacity: Capacity;
  /** Writes the reports, where there is a folder for them. Resolves with their paths, the page first. */
  writeReports(): Promise<readonly string[]>;
}

const {
  clients: _clients,
  durationMs: _duration,
  baseline: _baseline,
  observer: _observer,
  agents: _agents,
  restart: _restart,
  ...runRules
} = loadtestRules;

const rules: OptionTable<CapacityOptions> = {
  ...runRules,
  startClients: wholeFrom(1, clientsMax),
  clientsMax: wholeFrom(1, clientsMax),
  probeMs: wholeFrom(1, runMsMax, " milliseconds"),
};

async function prepareProbe({ options, probeMs, workers }: CapacityPreparation, clients: number, connected = 0) {
  const {
    startClients: _start,
    clientsMax: _max,
    probeMs: _probe,
    outDir: _out,
    isOutDirNew: _new,
    progress: _progress,
    ...run
  } = options;
  const plan = planSteadyLoad(options.plan, clients, probeMs, connected);
  return prepareLoadtest({ ...run, ...displayOfPart(options), plan, workers });
}

/**
 * Looks at everything that was asked for, but for the server.
 *
 * @throws {OptionError} when an option, the plan or the thresholds make no sense, or the reports could not be written
 */
export async function prepareCapacity(given: CapacityOptions): Promise<CapacityPreparation> {
  const refuse = ({ option, message }: { option: string; message: string }) => new OptionError(message, { option });
  const options = checkOptions("prepareCapacity()", rules, given, refuse);
  const { startClients, clientsMax: asked, probeMs } = { ...capacityDefaults, ...options };
  if (startClients > asked)
    throw new OptionError(
      `Invalid startClients ${startClients}: expected no more than the option clientsMax, ${asked}.`,
      { option: "startClients" },
    );
  const workers = options.workers ?? chooseWorkers(asked);
  const byFiles = findClientsByFiles(workers, options.ownServer ?? false);
  const most = Math.max(1, Math.min(asked, byFiles));
  const filesLimit: CapacityLimit | null =
    most < asked ? { kind: "files", reason: `ulimit -n allows for ${formatCount(most)} subscribers; raise it` } : null;
  const settings = { startClients: Math.min(startClients, most), clientsMax: most };
  const preparation = { options, settings, probeMs, workers, filesLimit };
  const { outDir, isOutDirNew } = options;
  // The folder is looked at with the first probe's options; the reports in it are the search's.
  await prepareLoadtest({
    ...(await prepareProbe(preparation, settings.startClients)).options,
    ...(outDir !== undefined && { outDir }),
    ...(isOutDirNew !== undefined && { isOutDirNew }),
  });
  return preparation;
}

function describeProbe({ clients, purpose }: NextProbe, summary: Summary, durationMs: number): CapacityProbe {
  return {
    clients,
    purpose,
    verdict: summary.verdict,
    limit: limitOf(summary),
    durationMs: Math.round(durationMs),
    deliveriesPerSecond: summary.rates.deliveriesPerSecond,
    p50Ms: summary.latencyMs.p50,
    p99Ms: summary.latencyMs.p99,
    serverCpuCores: summary.server.cpuCores,
    generatorUtilisation: summary.generator.utilisationMax,
  };
}

/** What the progress tells of a probe that is over. */
function formatProbe(
  number: number,
  { clients, verdict, limit, p99Ms, serverCpuCores, generatorUtilisation }: CapacityProbe,
) {
  const figures = [
    `p99 ${formatMs(p99Ms)}`,
    ...(serverCpuCores === null ? [] : [`server ${serverCpuCores.toFixed(2)} cores`]),
    `generator ${formatPercent(generatorUtilisation)} busy`,
  ];
  const why = limit === null ? "" : ` (${limit.reason})`;
  return `Probe ${number}: ${formatCount(clients)} subscribers, ${figures.join(", ")}: ${verdict}${why}`;
}

/** The probes of one search. */
class Search {
  readonly #preparation: CapacityPreparation;
  readonly #server: LoadtestServer;
  readonly #series = new RunSeries(true);
  readonly probes: CapacityProbe[] = [];
  readonly startedAt = new Date();
  readonly #startMs = monotonicMs();
  endedBy: CapacityLimit | null = null;
  #first: Summary | undefined;
  /** Of the probe before. */
  #connected = 0;

  constructor(preparation: CapacityPreparation, server: LoadtestServer) {
    this.#preparation = preparation;
    this.#server = server;
  }

  async conduct(): Promise<SearchAnswer> {
    try {
      return await this.#search();
    } finally {
      this.#series.close();
    }
  }

  async #search(): Promise<SearchAnswer> {
    const { settings, filesLimit, options } = this.#preparation;
    for (;;) {
      const step = nextStep(settings, outcomesOf(this.probes));
      if (step.kind === "answer") {
        if (step.verdict === "allHeld") this.endedBy = filesLimit ?? { kind: "max", reason: "more were not tried" };
        return step;
      }
      if (!(await this.#probe(step)) || options.signal?.aborted === true) return endSearch(outcomesOf(this.probes));
    }
  }

  /** @returns whether the search goes on */
  async #probe(step: NextProbe): Promise<boolean> {
    const fromMs = monotonicMs();
    try {
      const prepared = await prepareProbe(this.#preparation, step.clients, this.#connected);
      const { summary } = await runInSeries(prepared, this.#server, this.#series);
      this.#first ??= summary;
      this.#connected = summary.clients.connected - summary.clients.dropped;
      if (summary.interrupted) return false;
      const probe = describeProbe(step, summary, monotonicMs() - fromMs);
      this.probes.push(probe);
      this.#preparation.options.progress?.line(formatProbe(this.probes.length, probe));
      return true;
    } catch (error) {
      // A server that answered before was brought down by the load, or by somebody.
      if (!(error instanceof TargetError) || this.#first === undefined) throw error;
      if (this.#preparation.options.signal?.aborted !== true)
        this.endedBy = { kind: "server", reason: error.message.replace(/\.$/, "") };
      return false;
    }
  }

  facts() {
    const { options, settings, probeMs } = this.#preparation;
    const { plan, commandLine: command, version, ownServer = false } = options;
    return {
      interrupted: options.signal?.aborted === true,
      startClients: settings.startClients,
      clientsMax: settings.clientsMax,
      precision,
      probeMs,
      plan: plan.name,
      thresholds: (this.#first?.thresholds ?? []).map(({ expression }) => expression),
      url: this.#first?.target.url ?? [this.#server.url].flat()[0] ?? "",
      ownServer,
      startedAt: this.startedAt.toISOString(),
      durationMs: Math.round(monotonicMs() - this.#startMs),
      command,
      version,
    };
  }
}

/**
 * Searches for the capacity of a server. Its reports are written when they are asked for.
 *
 * @throws {TargetError} when the server is not there, refuses, or is none
 * @throws {OptionError} when this server cannot do what the plan asks for
 */
export async function findCapacity(preparation: CapacityPreparation, server: LoadtestServer): Promise<CapacityResult> {
  const search = new Search(preparation, server);
  const answer = await search.conduct();
  const { probes, endedBy } = search;
  const capacity = describeCapacity({ answer, probes, endedBy, facts: search.facts() });
  return {
    capacity,
    async writeReports() {
      const { outDir, isOutDirNew = false } = preparation.options;
      return outDir === undefined ? [] : await writeCapacity({ outDir, isOutDirNew }, capacity);
    },
  };
}
