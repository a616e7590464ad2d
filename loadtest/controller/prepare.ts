/** What can be known of a load test before anything is started. */
import { OptionError } from "../core/errors.js";
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { findOpenFilesMax } from "../core/environment.js";
import { chooseWorkers } from "../core/limits.js";
import { type Threshold, parseThreshold } from "../verdict/thresholds.js";
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
import { parsePlan } from "../plans/parse.js";
import { type Timetable, createTimetable } from "../core/timetable.js";

/** Files that a generator needs besides its subscribers. */
const spareFiles = 100;

export interface Preparation {
  readonly options: LoadtestOptions;
  readonly thresholds: readonly Threshold[];
  readonly timetable: Timetable;
  readonly workers: number;
}

/** What each option takes. What a plan and a scenario must be like, their schemas decide. */
const loadtestRules: OptionTable<LoadtestOptions> = {
  ownServer: flag,
  scenario: record("a scenario, an object"),
  headers: headersRule,
  auth: { ...record("an object"), isSecret: true },
  plan: record("a plan, an object"),
  rest: oneOf("always", "never", "known-server"),
  clients: wholeFrom(1, clientsMax),
  durationMs: wholeFrom(0, runMsMax, " milliseconds"),
  warmupMs: wholeFrom(0, runMsMax, " milliseconds"),
  sessionTimeoutMs: wholeFrom(1, runMsMax, " milliseconds"),
  workers: wholeFrom(0, workersMax),
  thresholds: listOf(text, "a list of strings"),
  outDir: { accepts: isFolderName, expected: "the path of a folder" },
  isOutDirNew: flag,
  progress: objectWith("an object with a method line", "line"),
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
  const missing = (["plan", "outDir", "commandLine", "version"] as const).find((name) => options[name] === undefined);
  if (missing !== undefined) throw new OptionError(`Missing ${missing} in the options of prepareLoadtest().`);
  parsePlan(options.plan);
  try {
    if (options.scenario !== undefined) parseScenario(options.scenario);
  } catch (cause) {
    if (!(cause instanceof ScenarioError)) throw cause;
    throw new OptionError(`Invalid scenario: ${cause.message}`, { cause });
  }
  return options;
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

function isAboutRest({ path: [part] }: Threshold): boolean {
  return part === "http" || part === "httpMs";
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
  const thresholds = [
    ...(plan.thresholds ?? []).map((one) => parseThreshold(one)),
    ...(options.thresholds ?? []).map((one) => parseThreshold(one, "threshold")),
  ];
  const timetable = createTimetable(plan, options);
  const { clientsMax } = timetable;
  const workers = options.workers === undefined ? chooseWorkers(clientsMax) : Math.min(options.workers, clientsMax);
  requireFiles(timetable.clientsMax, workers, ownServer);
  await requireFolder(options.outDir);
  const preparation = { options, thresholds, timetable, workers };
  return options.rest === "never" ? withoutRest(preparation) : preparation;
}
