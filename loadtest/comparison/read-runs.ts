/** Reads what a load test left in its folder: summary.json and latency.hlog. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, readTextFile } from "../../schemas/text-file.js";
import { OptionError } from "../core/errors.js";
import { type AnySummary, readPath } from "./conditions.js";
import { type RunLatencies, parseLatencyLog } from "./run-latencies.js";

/** A run as it is compared. */
export interface ComparedRun {
  readonly summary: AnySummary;
  readonly latencies: RunLatencies;
}

/** Runs of one build, and where they are. */
export interface RunSet {
  readonly folder: string;
  /** At least one, in the order of their folders' names. */
  readonly runs: readonly ComparedRun[];
}

const summaryFile = "summary.json";

function foldersOf(folder: string): string[] {
  if (existsSync(join(folder, summaryFile))) return [folder];
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  const inner = readdirSync(folder).sort();
  return inner.map((name) => join(folder, name)).filter((one) => existsSync(join(one, summaryFile)));
}

function readRun(folder: string): ComparedRun {
  const path = join(folder, summaryFile);
  const summary = readJsonFile(path);
  if (typeof summary !== "object" || summary === null || typeof readPath(summary, "verdict") !== "string")
    throw new OptionError(`${path} is not the summary of a load test.`);
  const log = join(folder, "latency.hlog");
  return { summary, latencies: parseLatencyLog(readTextFile(log), log) };
}

/**
 * The run whose reports are in a folder, or all those in the folders directly in it.
 *
 * @param option that the folder was given with, for the message
 * @throws {OptionError} when there is none
 * @throws {TextFileError} when a file cannot be read
 */
export function readRuns(folder: string, option: string): RunSet {
  const folders = foldersOf(folder);
  if (folders.length === 0)
    throw new OptionError(
      `Invalid ${option} ${JSON.stringify(folder)}: expected a folder with the reports of a load test, or a folder of such folders.`,
      { option },
    );
  return { folder, runs: folders.map(readRun) };
}
