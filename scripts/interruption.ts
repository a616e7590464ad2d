/** Ctrl-C as an `AbortSignal`: the command ends early and still writes what it has. A second one ends it at once. */
import { type ExitCode, exitCodes } from "./cli-error.js";

const echoNs = 300_000_000n;

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
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
