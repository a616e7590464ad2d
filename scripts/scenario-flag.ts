/** `--scenario`: the name of a shipped scenario, or the path of a scenario file of one's own. */
import { readFileSync } from "node:fs";
import type { Scenario } from "../schemas/index.js";
import { parseInstant } from "../schemas/instant.js";
import { parseScenario, shippedScenarios } from "../simulator/index.js";
import { CliError, exitCodes } from "./cli-error.js";

export function loadScenario(nameOrFile: string): Scenario {
  const shipped = shippedScenarios.get(nameOrFile);
  if (shipped !== undefined) return shipped;
  if (!/[/\\]|\.json$/.test(nameOrFile)) {
    throw new CliError(
      exitCodes.usage,
      `There is no scenario "${nameOrFile}". Shipped are ${[...shippedScenarios.keys()].join(", ")}; a file of your own is named by its path, such as ./mine.json.`,
    );
  }
  let text: string;
  try {
    text = readFileSync(nameOrFile, "utf8");
  } catch (cause) {
    throw new CliError(exitCodes.usage, `--scenario: ${nameOrFile} cannot be read (${(cause as Error).message}).`, {
      cause,
    });
  }
  try {
    return parseScenario(JSON.parse(text));
  } catch (cause) {
    throw new CliError(exitCodes.usage, `--scenario: ${nameOrFile}: ${(cause as Error).message}`, { cause });
  }
}

/** `--start`: an ISO instant in UTC, or `now`, as epoch milliseconds. */
export function parseStart(text: string, nowMs: number): number {
  // On the whole second: buckets of candles then end where ticks end.
  const startMs = text === "now" ? Math.floor(nowMs / 1000) * 1000 : parseInstant(text);
  if (startMs !== undefined) return startMs;
  throw new CliError(
    exitCodes.usage,
    `--start: "${text}" is not an instant; write it like 2025-01-15T14:30:00Z, or now.`,
  );
}
