/** Ctrl-C as an `AbortSignal`: the command ends early and still writes what it has. A second one ends it at once. */
import { type ExitCode, exitCodes } from "./cli-error.js";

const echoNs = 300_000_000n;

/** Listens from now on; `exitCode` is what the command ends with at a second signal. */
export function interruption(exitCode: ExitCode = exitCodes.interrupted): AbortSignal {
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
  return controller.signal;
}
