/** Exit codes, and the one error that a command ends with: a sentence and its code. The library's errors become one here. */
import { OptionError, TargetError, loadtestErrors } from "../loadtest/core/errors.js";
import { TextFileError } from "../schemas/text-file.js";
import { StartError, startErrors } from "../server/core/errors.js";

export const exitCodes = {
  pass: 0,
  /** A threshold, a delivery or the contract failed. */
  failed: 1,
  usage: 2,
  /** The run cannot be trusted. */
  invalid: 3,
  targetUnreachable: 4,
  /** Port, store or token file. */
  couldNotStart: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const verdictExitCodes = {
  PASS: exitCodes.pass,
  FAIL: exitCodes.failed,
  INVALID: exitCodes.invalid,
  UNREACHABLE: exitCodes.targetUnreachable,
  INTERRUPTED: exitCodes.interrupted,
} as const satisfies Record<string, ExitCode>;

/** What a command ends with that has judged something. */
export function exitCodeOf(verdict: keyof typeof verdictExitCodes): ExitCode {
  return verdictExitCodes[verdict];
}

/** Ends the command with one sentence on stderr: what was wrong, and the way out. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(onOneLine(message), options);
    this.exitCode = exitCode;
  }
}

/** What was typed is repeated in messages, and may hold line breaks or what moves a terminal's cursor. */
function onOneLine(message: string): string {
  return message
    .replace(/\s*[\n\r\u2028\u2029]+\s*/g, " ")
    .replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}

/** Runs a parser and turns what it throws into a usage error that names the flag. */
export function parseFlag<Value>(flag: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (cause) {
    throw new CliError(exitCodes.usage, `${flag}: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

/** A row of a command's flags, as far as the library's errors are concerned. */
interface FlagOption {
  readonly option?: string | undefined;
}

/** Options of the library that a variable sets as well as, or instead of, a flag. */
const variables: Readonly<Record<string, string>> = { token: "MAX_TOKEN" };

/**
 * What the library refuses, as the command's end; anything else as it is.
 *
 * The library names its options: at the start of a message the one at fault, and "the option reset" elsewhere. The
 * command line names flags.
 */
export function asCliError(error: unknown, flags: Readonly<Record<string, FlagOption>>): unknown {
  const exitCode = exitCodeOfError(error);
  if (exitCode === undefined) return error;
  const names = new Map(Object.entries(flags).map(([name, { option = name }]) => [option, `--${name}`]));
  const nameOf = (option: string): string | undefined =>
    names.get(option) ?? (Object.hasOwn(flags, option) ? `--${option}` : variables[option]);
  const { message, option } = error as Error & { readonly option?: string };
  const named = message.replace(/\bthe option ([\w.]*\w)/gi, (words, one: string) => nameOf(one) ?? words);
  const faulty = option === undefined ? undefined : nameOf(option);
  return new CliError(exitCode, faulty === undefined ? named : named.replace(option!, faulty), { cause: error });
}

function exitCodeOfError(error: unknown): ExitCode | undefined {
  if (error instanceof StartError) return startErrors[error.code].exitCode;
  if (error instanceof TargetError || error instanceof OptionError) return loadtestErrors[error.code].exitCode;
  return error instanceof TextFileError ? exitCodes.usage : undefined;
}
