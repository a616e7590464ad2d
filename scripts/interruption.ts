/** Ctrl-C as an `AbortSignal`: the command ends early and still writes what it has. A second one ends it at once. */
import { type ExitCode, exitCodes } from "./cli-error.js";

const echoNs = 300_000_000n;
/** Ctrl-C, a supervisor, and a terminal that was closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

/** Listens until it is disposed of; `exitCode` is what the command ends with at a second signal. */
export function interruption(exitCode: ExitCode = exitCodes.interrupted): Interruption {
  const controller = new AbortController();
  let firstNs: bigint | undefined;
  const interrupt = () => {
    const nowNs = process.hrtime.bigint();
    if (firstNs === undefined) {
      firstNs = nowNs;
      controller.abort();
      // npm hands on a Ctrl-C that the terminal has sent to this process, too: the echo is no second one.
    } else if (nowNs - firstNs > echoNs) {
      process.exit(exitCode);
    }
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
