/**
 * Runs `max demo` in a process of its own, for a load test that must not share a core's event loop
 * with the server it measures. The child tells over IPC where it listens, and ends when its parent does.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CliError, exitCodes } from "./cli-error.js";

export interface ServerProcess {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Stops it gracefully and waits for its end. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL("max.js", import.meta.url));

/** A server that does not listen by then is given up. */
const startMsMax = 60_000;

/**
 * Starts a server with these `max demo` flags and resolves once it listens. `signal` gives it up before.
 *
 * @throws {CliError} when it ends first, or takes too long
 */
export async function startServerProcess(
  flags: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<ServerProcess> {
  const child = fork(entry, ["demo", ...flags], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A Ctrl-C of the terminal goes to the whole group: the server must outlive its last measurement.
    detached: true,
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  const ended = once(child, "exit");
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const timer = setTimeout(kill, startMsMax);
  const ready = await Promise.race([once(child, "message"), ended.then(() => null)]);
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  if (ready === null) {
    if (signal.aborted) throw new CliError(exitCodes.interrupted, "Interrupted while the server started.");
    const why = stderr.trim().replace(/^max: /, "") || `it did not listen within ${startMsMax / 1000} s`;
    throw new CliError(exitCodes.couldNotStart, `The server of this load test did not start: ${why}`);
  }
  const { url, token } = ready[0] as { readonly url: string; readonly token: string };
  return {
    url,
    token,
    pid: child.pid!,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}
