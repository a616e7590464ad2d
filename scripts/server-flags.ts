/** The flags that several commands start a server or a world with; what cannot be used ends the command with a sentence. */
import { type NumberRange, isWithin, startDefaults, startRanges } from "../server/start-defaults.js";
import { StartError } from "../server/start-error.js";
import { CliError, exitCodes } from "./cli-error.js";

/** Where a server listens. */
export const listenFlags = {
  port: { type: "string", default: String(startDefaults.port), describe: "0 takes any free port" },
  host: { type: "string", default: startDefaults.host, describe: "address to listen on; 0.0.0.0 for everybody" },
} as const;

/** Which market. */
export const marketFlags = {
  seed: { type: "string", default: startDefaults.seed, describe: "the same seed gives the same market" },
  scenario: {
    type: "string",
    default: startDefaults.scenario,
    describe: "a shipped scenario's name, or the path of a file",
  },
  "tick-ms": {
    type: "string",
    describe: `simulated milliseconds a tick, ${startRanges.tickMs.minimum} to ${startRanges.tickMs.maximum}`,
    defaultDescription: "the scenario's",
  },
} as const;

function parseNumber(flag: string, text: string, range: NumberRange): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (isWithin(range, value)) return value;
  throw new CliError(exitCodes.usage, `--${flag}: "${text}" is not ${range.kind}; it takes ${range.takes}.`);
}

/** `--port`. */
export function parsePort(text: string): number {
  return parseNumber("port", text, startRanges.port);
}

/** `--speed`. */
export function parseSpeed(text: string): number {
  return parseNumber("speed", text, startRanges.speed);
}

/** `--tick-ms`, where it is given. */
export function parseTickMs(text: string | undefined): { readonly tickMs?: number } {
  return text === undefined ? {} : { tickMs: parseNumber("tick-ms", text, startRanges.tickMs) };
}

/** What kept a server from starting, as the command's end; anything else as it is. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof StartError)) return error;
  return new CliError(error.code === "badOption" ? exitCodes.usage : exitCodes.couldNotStart, error.message, {
    cause: error,
  });
}
