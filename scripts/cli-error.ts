/** Exit codes, and the one error that a command ends with: a sentence and its code. */

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
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Runs a parser and turns what it throws into a usage error that names the flag. */
export function parseFlag<Value>(flag: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (cause) {
    throw new CliError(exitCodes.usage, `--${flag}: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}
