/**
 * A load test from the address to the verdict: looks at the server, decides how its deliveries can be checked, runs, and
 * judges what came of it.
 */
import type { Comparison, Scenario, Simulation, Summary } from "../../schemas/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import {
  type OptionFault,
  type OptionTable,
  checkOptions,
  either,
  flag,
  listOf,
  text,
} from "../../schemas/option-table.js";
import { OptionError, TargetError } from "../core/errors.js";
import type { LoadtestOptions, LoadtestResult, LoadtestServer } from "../core/options.js";
import { formatSeconds, formatValue } from "../core/format.js";
import type { Reading } from "../core/target-requests.js";
import { type Targets, parseTargets } from "../core/targets.js";
import { waitForServers } from "../core/wait-for-server.js";
import { type Identification, identifyStream } from "../oracle/identify.js";
import { compareRuns } from "../comparison/compare-runs.js";
import type { RunSet } from "../comparison/read-runs.js";
import { RunLatencies } from "../comparison/run-latencies.js";
import { latencyOf } from "../generator/seconds.js";
import { writeReports } from "../report/write.js";
import { findMessageTarget } from "../rest/message-target.js";
import { Fleet } from "../agents/fleet.js";
import type { Evidence } from "../verdict/evidence.js";
import { summarise } from "../verdict/summary.js";
import { type Threshold, judgeThreshold, requireKnownName } from "../verdict/thresholds.js";
import { readMarket } from "./market.js";
import { type Preparation, withoutRest } from "./prepare.js";
import { type AbortFinder, Run, type RunOptions } from "./run.js";
import { RunSeries } from "./run-series.js";

/** What the server is, and what was given to check its deliveries with. */
interface Server {
  readonly targets: Targets;
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
  { fleet, series }: Pick<RunOptions, "fleet" | "series">,
): Promise<{ readonly run: Run; readonly reason: string | undefined }> {
  const { targets, isTokenOptional } = server;
  const { token } = targets.first;
  const seed = "content" in server.simulation ? server.simulation.content.seed : (options.plan.server?.seed ?? "");
  const common = { options, targets, timetable, workers, fleet, series, seed };
  const givenToken = isTokenOptional ? "MAX_TOKEN was given" : "The option token was given";
  const refuse = (given: string, reason: string): never => {
    // Processes of which nothing is known give their subscribers no common order.
    const wayOut = targets.areSeveral
      ? "Correct it: the subscribers of several processes are not compared with each other"
      : "Correct it, or leave it out to compare the subscribers with each other";
    throw new TargetError(
      "notFollowed",
      `${given}, but the stream of ${targets.name} cannot be regenerated: ${reason}. ${wayOut}.`,
    );
  };
  const learn = (reason: string) => {
    if (targets.areSeveral) return refuse("Several URLs were given", reason);
    return { run: new Run({ ...common, learning: true }), reason };
  };
  const identified = identify(server, options.scenario);
  if ("reason" in identified) {
    const { reason } = identified;
    if (options.scenario !== undefined) return refuse("The option scenario was given", reason);
    const mayBeAnothers = isTokenOptional && ("content" in server.simulation || lacksSimulation(server));
    if (token !== undefined && !mayBeAnothers) return refuse(givenToken, reason);
    return learn(reason);
  }
  if (token === undefined) return learn("no token was given to read the command log with");
  const run = new Run({ ...common, learning: false });
  const failure = await run.follow(
    (server.simulation as { readonly content: Simulation }).content,
    identified.scenario,
  );
  if (failure === undefined) return { run, reason: undefined };
  run.discard();
  const { problem, rejectedWith } = failure;
  return refuse(
    givenToken,
    rejectedWith === undefined ? problem : `the server rejected the token with ${rejectedWith}`,
  );
}

export const serverRules: OptionTable<LoadtestServer> = {
  url: either(text, listOf(text, "a list of strings")),
  token: { ...text, isSecret: true },
  isTokenOptional: flag,
};

/** @throws {OptionError} for what is missing, misspelt or of another kind */
function completeServer(given: LoadtestServer): LoadtestServer {
  const refuse = ({ option, message }: OptionFault): OptionError => new OptionError(message, { option });
  const server = checkOptions("runLoadtest()", serverRules, given, refuse);
  if ([server.url ?? []].flat().length === 0)
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
      `Invalid preparation of runPrepared(), ${describeValue(prepared)}: expected what prepareLoadtest() resolves with.`,
    );
}

/** Thresholds with `abort` are judged by the summary as it would be now. What nothing fed yet may still come. */
function createAbortFinder(all: readonly Threshold[], summaryOf: (evidence: Evidence) => Summary): AbortFinder {
  const dueBy = (elapsedMs: number) =>
    all.filter(({ abortAfterMs }) => abortAfterMs !== undefined && abortAfterMs <= elapsedMs);
  return {
    isDue: (elapsedMs) => dueBy(elapsedMs).length > 0,
    find(evidence, elapsedMs) {
      const summary = summaryOf(evidence);
      for (const threshold of dueBy(elapsedMs)) {
        const { expression, value, passed } = judgeThreshold(threshold, summary);
        if (passed || value === null) continue;
        return `ended early after ${formatSeconds(elapsedMs)}: ${expression} did not hold: ${formatValue(value)}`;
      }
      return undefined;
    },
  };
}

function compareRun(baseline: RunSet, summary: Summary, { seconds }: Evidence): Comparison {
  const latencies = new RunLatencies();
  for (const second of seconds) latencies.add(second.second, latencyOf(second));
  return compareRuns(baseline, { folder: "", runs: [{ summary, latencies }] });
}

/**
 * Runs a load test that was prepared. Its reports are written when they are asked for.
 *
 * @throws {TargetError} when the server is not there, refuses, or is none
 * @throws {OptionError} when this server cannot do what the plan asks for
 */
export async function runPrepared(prepared: Preparation, given: LoadtestServer): Promise<LoadtestResult> {
  const series = new RunSeries(false);
  try {
    return await runInSeries(prepared, given, series);
  } finally {
    series.close();
  }
}

/** The same, as one of several runs on the same server. */
export async function runInSeries(
  prepared: Preparation,
  given: LoadtestServer,
  series: RunSeries,
): Promise<LoadtestResult> {
  requirePreparation(prepared);
  const server = completeServer(given);
  const { headers, auth, rest, waitMs = 0, signal } = prepared.options;
  const { url, token, isTokenOptional = false } = server;
  const targets = parseTargets({ urls: [url].flat(), token, headers, auth });
  const addresses = { addresses: targets.all.map(({ base }) => base) };
  for (const threshold of prepared.thresholds) requireKnownName(threshold, addresses);
  await waitForServers(targets.all, waitMs, signal);
  const reading = await readMarket(targets);
  const isKnown = "content" in reading;
  const preparation = rest === "known-server" && !isKnown ? withoutRest(prepared) : prepared;
  const { options } = preparation;
  const discussionId =
    options.plan.messages === undefined ? undefined : await findMessageTarget(targets.first, options.signal);
  const fleet = await openFleet(options);
  try {
    const runServer = { targets, simulation: reading, isTokenOptional };
    const { run, reason } = await startRun(preparation, runServer, { fleet, series });
    return await finishRun({ run, reason, preparation, targets, reading, discussionId });
  } finally {
    await fleet?.close();
  }
}

/** Resolves with the agents once all are there; undefined where this host generates. */
async function openFleet({ agents, progress, signal }: LoadtestOptions): Promise<Fleet | undefined> {
  if (agents === undefined) return undefined;
  const fleet = await Fleet.open(agents, (line) => progress?.line(line));
  try {
    agents.onListening?.(fleet.port);
    await fleet.gather(signal);
    return fleet;
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

interface StartedRun {
  readonly run: Run;
  readonly reason: string | undefined;
  readonly preparation: Preparation;
  readonly targets: Targets;
  readonly reading: Reading<Simulation>;
  readonly discussionId: string | undefined;
}

async function finishRun(started: StartedRun): Promise<LoadtestResult> {
  const { run, reason, preparation, targets, reading, discussionId } = started;
  const { options } = preparation;
  const simulation = "content" in reading ? reading.content : undefined;
  const summaryOf = (evidence: Evidence, comparison: Comparison | null = null): Summary =>
    summarise({ ...preparation, workers: run.workers, targets, reason, simulation, evidence, comparison });
  const evidence = await run.conduct(discussionId, createAbortFinder(preparation.thresholds, summaryOf));
  const alone = summaryOf(evidence);
  const { baseline } = preparation;
  const summary = baseline === undefined ? alone : summaryOf(evidence, compareRun(baseline, alone, evidence));
  options.observer?.end(summary);
  return {
    summary,
    async writeReports() {
      const { outDir, isOutDirNew = false } = options;
      if (outDir === undefined) return [];
      return await writeReports({ outDir, isOutDirNew }, summary, evidence.seconds, run.startedAt);
    },
  };
}
