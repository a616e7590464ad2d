/** The flags that several commands start a server or a world with. */
import { describeValue } from "../../schemas/describe-value.js";
import { type NumberRange, isWithin, seedRule, startDefaults, startRanges } from "../../server/start-defaults.js";
import { CliError, exitCodes } from "../cli-error.js";
import { asText, listFlag, textFlag } from "./flag-table.js";
import { loadScenario } from "./scenario-flag.js";

/** A parser of numbers within a range. */
export function inRange(range: NumberRange) {
  const { minimum, maximum, isWhole = false } = range;
  const parse = (text: string, flag: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (isWithin(range, value)) return value;
    throw new CliError(
      exitCodes.usage,
      `Invalid ${flag} ${describeValue(text)}: expected ${range.kind}, ${range.takes}.`,
    );
  };
  return Object.assign(parse, { schema: { type: isWhole ? "integer" : "number", minimum, maximum } });
}

/** Where a server listens. */
export const listenFlags = {
  port: textFlag({
    parse: inRange(startRanges.port),
    option: "port",
    default: String(startDefaults.port),
    description: "0 takes any free port",
  }),
  host: textFlag({
    parse: asText,
    option: "host",
    default: startDefaults.host,
    description: "address to listen on; 0.0.0.0 for everybody",
  }),
  origin: listFlag({
    parse: (texts) => (texts.length === 1 ? texts[0] : texts),
    option: "origin",
    default: [startDefaults.origin],
    description: "origins that browsers may connect from",
  }),
  "allow-host": listFlag({
    parse: (texts) => texts,
    option: "limits.allowedHosts",
    default: [],
    description: "another name to answer to on loopback, such as a proxy's",
  }),
};

/** `--tick-ms`. */
export const tickMsFlag = textFlag({
  parse: inRange(startRanges.tickMs),
  option: "tickMs",
  description: `simulated milliseconds a tick, ${startRanges.tickMs.minimum} to ${startRanges.tickMs.maximum}`,
  defaultDescription: "the scenario's",
});

/** `--seed` of a market. */
export function parseSeed(text: string, flag: string): string {
  if (seedRule.accepts(text)) return text;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${describeValue(text)}: expected ${seedRule.expected}.`);
}

/** Which market. */
export const marketFlags = {
  seed: textFlag({
    parse: parseSeed,
    option: "seed",
    default: startDefaults.seed,
    description: "the same seed gives the same market",
  }),
  scenario: textFlag({
    parse: loadScenario,
    option: "scenario",
    default: startDefaults.scenario,
    description: "a shipped scenario's name, or the path of a file",
  }),
  "tick-ms": tickMsFlag,
};

/** `--speed`. */
export const speedFlag = textFlag({
  parse: inRange(startRanges.speed),
  option: "speed",
  default: String(startDefaults.speed),
  description: "simulated seconds a second",
});
