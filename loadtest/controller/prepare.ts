/** What can be known of a load test before anything is started. */
import { OptionError } from "../core/errors.js";
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { findOpenFilesMax } from "../core/environment.js";
import { chooseWorkers, spareFiles } from "../core/limits.js";
import { namesOf } from "../plans/names.js";
import { type Threshold, parseThreshold, requireKnownName, resolveThreshold } from "../verdict/thresholds.js";
import {
  type OptionFault,
  type OptionTable,
  checkOptions,
  flag,
  listOf,
  objectWith,
  oneOf,
  record,
  text,
  wholeFrom,
} from "../../schemas/option-table.js";
import { ScenarioError, parseScenario } from "../../simulator/index.js";
import { type LoadtestOptions, clientsMax, headersRule, runMsMax, signalRule, workersMax } from "../core/options.js";
import { type RunSet, readRuns } from "../comparison/read-runs.js";
import { parsePlan } from "../plans/parse.js";
import { requireProcesses } from "../cost/process-statistics.js";
import { type Timetable, createTimetable } from "../core/timetable.js";

export interface Preparation {
  readonly options: LoadtestOptions;
  readonly thresholds: readonly Threshold[];
  readonly timetable: Timetable;
  readonly workers: number;
  /** The runs that this one is compared with. */
  readonly baseline: RunSet | undefined;
}

/** What each option takes. What a plan and a scenario must be like, their schemas decide. */
export const loadtestRules: OptionTable<LoadtestOptions> = {
  ownServer: flag,
  scenario: record("a scenario, an object"),
  headers: headersRule,
  auth: { ...record("an object"), isSecret: true },
  plan: record("a plan, an object"),
  rest: oneOf("always", "never", "known-server"),
  clients: wholeFrom(1, clientsMax),
  durationMs: wholeFrom(0, runMsMax, " milliseconds"),
  warmupMs: wholeFrom(0, runMsMax, " milliseconds"),
  waitMs: wholeFrom(0, runMsMax, " milliseconds"),
  compression: oneOf("on", "off"),
  sessionTimeoutMs: wholeFrom(1, runMsMax, " milliseconds"),
  workers: wholeFrom(0, workersMax),
  agents: record("an object"),
  serverPids: listOf(wholeFrom(1), "a list of process numbers"),
  restart: { accepts: (value) => typeof value === "function", expected: "a function" },
  thresholds: listOf(text, "a list of strings"),
  baseline: text,
  outDir: { accepts: isFolderName, expected: "the path of a folder" },
  isOutDirNew: flag,
  progress: objectWith("an object with a method line", "line"),
  observer: objectWith("an object with a method begin", "begin"),
  signal: signalRule,
  commandLine: text,
  version: text,
};

function isFolderName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

/** @throws {OptionError} for what is missing, misspelt or of another kind */
function completeOptions(given: LoadtestOptions): LoadtestOptions {
  const refuse = ({ option, message }: OptionFault): OptionError => new OptionError(message, { option });
  const options = checkOptions("prepareLoadtest()", loadtestRules, given, refuse);
  const missing = (["plan", "commandLine", "version"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new OptionError(`Missing ${missing} in the options of prepareLoadtest().`);
  const plan = parsePlan(options.plan);
  try {
    if (options.scenario !== undefined) parseScenario(options.scenario);
  } catch (cause) {
    if (!(cause instanceof ScenarioError)) throw cause;
    throw new OptionError(`Invalid scenario: ${cause.message}`, { cause });
  }
  return { ...options, plan };
}

/** @throws {OptionError} when the system's limits do not allow for so many subscribers */
export function requireFiles(clientsMax: number, workers: number, ownServer: boolean): void {
  const limit = findOpenFilesMax();
  const each = Math.ceil(clientsMax / Math.max(1, ownServer ? 1 : workers)) + spareFiles;
  if (limit === null || each <= limit) return;
  // The server holds all of them in one process.
  const wayOut = ownServer ? "" : `, or use ${Math.ceil(clientsMax / (limit - spareFiles))} workers`;
  throw new OptionError(
    `${clientsMax} subscribers need ${each} open files in one process, and ulimit -n is ${limit}: raise it, set the option clients lower${wayOut}.`,
  );
}

/** @throws {OptionError} when a stage restarts a server that nobody can restart, or nothing does what can */
function requireRestart({ plan, restart }: LoadtestOptions): void {
  const hasStage = plan.stages.some(({ kind }) => kind === "restart");
  if (hasStage && restart === undefined)
    throw new OptionError(
      `The plan ${plan.name} has a stage restart, and nothing tells how this server is restarted: give the option restart.`,
      { option: "restart" },
    );
  if (hasStage || restart === undefined) return;
  throw new OptionError(`The option restart is for plans with a stage restart, and ${plan.name} has none.`, {
    option: "restart",
  });
}

/** Subscribers that the system's limits allow for; infinite without a limit. */
export function findClientsByFiles(workers: number, ownServer: boolean): number {
  const limit = findOpenFilesMax();
  return limit === null ? Infinity : (limit - spareFiles) * Math.max(1, ownServer ? 1 : workers);
}

/** The folder itself is made when there is something to put into it. */
async function requireFolder(outDir: string): Promise<void> {
  let folder = resolve(outDir);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    // The dot asks for a folder: a file has none.
    await access(`${folder}/.`, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OptionError(
      `The reports cannot be written to ${outDir} (${code}). Choose another folder with the option outDir.`,
      {
        cause: error,
      },
    );
  }
}

function isAboutRest({ path }: Threshold): boolean {
  return path.startsWith("http.") || path.startsWith("httpMs.");
}

/**
 * The same run without REST requests and messages.
 *
 * @throws {OptionError} when there is a threshold on them besides the plan's
 */
export function withoutRest({ options, thresholds, ...preparation }: Preparation): Preparation {
  const asked = options.thresholds?.find((expression) => isAboutRest(parseThreshold(expression)));
  if (asked !== undefined) throw new OptionError(`${asked}: this run sends no REST requests that it could be about.`);
  const { rest: _rest, messages: _messages, ...plan } = options.plan;
  return { ...preparation, options: { ...options, plan }, thresholds: thresholds.filter((one) => !isAboutRest(one)) };
}

/**
 * Looks at everything that was asked for, but for the server.
 *
 * @throws {OptionError} when an option, the plan or the thresholds make no sense, the system cannot hold so many subscribers, or
 * the reports could not be written
 */
export async function prepareLoadtest(given: LoadtestOptions): Promise<Preparation> {
  const options = completeOptions(given);
  const { plan, ownServer = false } = options;
  const baseline = options.baseline === undefined ? undefined : readRuns(options.baseline, "baseline");
  const earlier = (baseline?.runs ?? []).map(({ summary }) => summary);
  const parsed = [
    ...(plan.thresholds ?? []).map((one) => parseThreshold(one)),
    ...(options.thresholds ?? []).map((one) => parseThreshold(one, "threshold")),
  ];
  for (const threshold of parsed) requireKnownName(threshold, namesOf(plan));
  const thresholds = parsed.map((threshold) => resolveThreshold(threshold, earlier));
  const timetable = createTimetable(plan, options);
  const { clientsMax } = timetable;
  const workers = options.workers === undefined ? chooseWorkers(clientsMax) : Math.min(options.workers, clientsMax);
  if (options.agents === undefined) requireFiles(timetable.clientsMax, workers, ownServer);
  requireProcesses(options.serverPids ?? []);
  requireRestart(options);
  if (options.outDir !== undefined) await requireFolder(options.outDir);
  const preparation = { options, thresholds, timetable, workers, baseline };
  return options.rest === "never" ? withoutRest(preparation) : preparation;
}
