/** The flags that several commands start a server or a world with; what cannot be used ends the command with a sentence. */
import { type NumberRange, isWithin, startDefaults, startRanges } from "../server/start-defaults.js";
import { StartError } from "../server/core/errors.js";
import { CliError, exitCodes } from "./cli-error.js";

/** Where a server listens. */
export const listenFlags = {
  port: { type: "string", default: String(startDefaults.port), describe: "0 takes any free port" },
  host: { type: "string", default: startDefaults.host, describe: "address to listen on; 0.0.0.0 for everybody" },
  origin: {
    type: "string",
    array: true,
    default: [startDefaults.origin] as string[],
    describe: "origins that browsers may connect from",
  },
  "allow-host": {
    type: "string",
    array: true,
    default: [] as string[],
    describe: "another name to answer to on loopback, such as a proxy's",
  },
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
  throw new CliError(exitCodes.usage, `Invalid --${flag} "${text}": expected ${range.kind}, ${range.takes}.`);
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

/**
 * What kept a server from starting, as the command's end; anything else as it is.
 *
 * @param flagOf names the flag that sets an option
 */
export function asCliError(error: unknown, flagOf: (option: string) => string = (option) => `--${option}`): unknown {
  if (!(error instanceof StartError)) return error;
  const { option, message } = error;
  return new CliError(
    error.code === "badOption" ? exitCodes.usage : exitCodes.couldNotStart,
    option === undefined ? message : message.replace(option, flagOf(option)),
    { cause: error },
  );
}
