/** What can be known of a load test before anything is started. */
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { findOpenFilesMax } from "../core/environment.js";
import { chooseWorkers } from "../core/limits.js";
import { type Threshold, parseThreshold } from "../verdict/thresholds.js";
import { type LoadtestOptions, PlanError } from "../core/options.js";
import { type Timetable, createTimetable } from "../core/timetable.js";

/** Files that a generator needs besides its subscribers. */
const spareFiles = 100;

export interface Preparation {
  readonly options: LoadtestOptions;
  readonly thresholds: readonly Threshold[];
  readonly timetable: Timetable;
  readonly workers: number;
}

/** @throws {PlanError} when the system's limits do not allow for so many subscribers */
export function requireFiles(clientsMax: number, workers: number, ownServer: boolean): void {
  const limit = findOpenFilesMax();
  const each = Math.ceil(clientsMax / Math.max(1, ownServer ? 1 : workers)) + spareFiles;
  if (limit === null || each <= limit) return;
  // The server holds all of them in one process.
  const wayOut = ownServer ? "" : `, or use --workers ${Math.ceil(clientsMax / (limit - spareFiles))}`;
  throw new PlanError(
    `${clientsMax} subscribers need ${each} open files in one process, and ulimit -n is ${limit}: raise it${wayOut}.`,
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
    throw new PlanError(`The reports cannot be written to ${outDir} (${code}): --out takes another folder.`, {
      cause: error,
    });
  }
}

function isAboutRest({ path: [part] }: Threshold): boolean {
  return part === "http" || part === "httpMs";
}

/**
 * The same run without REST requests and messages.
 *
 * @throws {PlanError} when there is a threshold on them besides the plan's
 */
export function withoutRest({ options, thresholds, ...preparation }: Preparation): Preparation {
  const asked = options.thresholds?.find((expression) => isAboutRest(parseThreshold(expression)));
  if (asked !== undefined) throw new PlanError(`${asked}: this run sends no REST requests that it could be about.`);
  const { rest: _rest, messages: _messages, ...plan } = options.plan;
  return { ...preparation, options: { ...options, plan }, thresholds: thresholds.filter((one) => !isAboutRest(one)) };
}

/**
 * Looks at everything that was asked for, but for the server.
 *
 * @throws {PlanError} when the plan or the thresholds make no sense, the system cannot hold so many subscribers, or
 * the reports could not be written
 */
export async function prepareLoadtest(options: LoadtestOptions): Promise<Preparation> {
  const { plan, ownServer = false } = options;
  const thresholds = [...(plan.thresholds ?? []), ...(options.thresholds ?? [])].map(parseThreshold);
  const timetable = createTimetable(plan, options);
  const { clientsMax } = timetable;
  const workers = options.workers === undefined ? chooseWorkers(clientsMax) : Math.min(options.workers, clientsMax);
  requireFiles(timetable.clientsMax, workers, ownServer);
  await requireFolder(options.outDir);
  const preparation = { options, thresholds, timetable, workers };
  return options.rest === "never" ? withoutRest(preparation) : preparation;
}
