/** `--scenario`, the name of a shipped scenario or the path of a file, and `--start`. */
import type { Scenario } from "../../schemas/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import { parseInstant } from "../../schemas/instant.js";
import { didYouMean } from "../../schemas/suggest.js";
import { TextFileError, readJsonFile } from "../../schemas/text-file.js";
import { ScenarioError, parseScenario, shippedScenarios } from "../../simulator/index.js";
import { CliError, exitCodes } from "../cli-error.js";

export function loadScenario(nameOrFile: string): Scenario {
  const shipped = shippedScenarios.get(nameOrFile);
  if (shipped !== undefined) return shipped;
  if (!/[/\\]|\.json$/.test(nameOrFile)) {
    throw new CliError(
      exitCodes.usage,
      `Unknown scenario ${describeValue(nameOrFile)}. ${didYouMean(nameOrFile, [...shippedScenarios.keys()], "Built-in scenarios")} A file is named by its path, such as ./mine.json.`,
    );
  }
  try {
    return parseScenario(readJsonFile(nameOrFile));
  } catch (cause) {
    if (!(cause instanceof ScenarioError) && !(cause instanceof TextFileError)) throw cause;
    throw new CliError(
      exitCodes.usage,
      `--scenario: ${cause instanceof TextFileError ? "" : `${nameOrFile}: `}${cause.message}`,
      { cause },
    );
  }
}

/** `--start`: an ISO instant in UTC as epoch milliseconds, or `now`. */
export function parseStart(text: string, flag: string): number | "now" {
  const start = text === "now" ? text : parseInstant(text);
  if (start !== undefined) return start;
  throw new CliError(
    exitCodes.usage,
    `${flag}: ${describeValue(text)} is not an instant; write it like 2025-01-15T14:30:00Z, or now.`,
  );
}

/** The instant that is meant, epoch milliseconds. */
export function startOf(start: number | "now", nowMs: number): number {
  // On the whole second: buckets of candles then end where ticks end.
  return start === "now" ? Math.floor(nowMs / 1000) * 1000 : start;
}
