/**
 * Runs `max demo` in a process of its own: for a load test that must not share a core's event loop with the server it
 * measures, and for the members of a cluster. The child tells over IPC where it listens, and ends when its parent does.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CliError, type ExitCode, exitCodes } from "./cli-error.js";
import { maxEntry } from "./max-entry.js";

export interface ServerProcess {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Resolves when the process has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Stops it gracefully and waits for its end. */
  stop(): Promise<void>;
}

export interface ServerProcessOptions {
  /** What the server is, for the sentence about one that does not start. @default "server of this load test" */
  readonly role?: string;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
  /** Whether it has the settings of this process: file and variables. @default false: the flags alone count */
  readonly hasSettings?: boolean;
  /** The control token. @default MAX_TOKEN, or that of the folder */
  readonly token?: string;
  /** Words that run a script of Node.js. @default this Node.js */
  readonly launcher?: readonly [file: string, ...args: string[]];
  /** Takes each line that the server writes to stderr. @default nobody */
  readonly onLine?: (line: string) => void;
}

/** A server that does not listen by then is given up. */
const startMsMax = 60_000;

/**
 * Starts a server with these `max demo` flags and resolves once it listens.
 *
 * @throws {CliError} when it ends first, or takes too long
 */
export async function startServerProcess(
  flags: readonly string[],
  {
    role = "server of this load test",
    signal = new AbortController().signal,
    hasSettings = false,
    token: givenToken,
    launcher: [file, ...launching] = [process.execPath],
    onLine,
  }: ServerProcessOptions = {},
): Promise<ServerProcess> {
  const settings = hasSettings ? [] : ["--no-config"];
  const child = spawn(file, [...launching, maxEntry, "demo", ...settings, ...flags], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A Ctrl-C of the terminal goes to the whole group: the server must outlive its last measurement.
    detached: true,
    ...(givenToken !== undefined && { env: { ...process.env, MAX_TOKEN: givenToken } }),
  });
  let stderr = "";
  const lines = createInterface({ input: child.stderr! }).on("line", (line) => {
    stderr = `${stderr}${line}\n`.slice(-4000);
    onLine?.(line);
  });
  const isWritten = once(lines, "close");
  const ended = once(child, "exit").then(([code, by]: (number | NodeJS.Signals | null)[]) => code ?? by!);
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const timer = setTimeout(kill, startMsMax);
  const ready = await Promise.race([once(child, "message"), ended]);
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  if (!Array.isArray(ready)) {
    if (signal.aborted) throw new CliError(exitCodes.interrupted, "Interrupted while the server started.");
    await isWritten;
    const why = stderr.trim().replace(/^max: /, "") || `it did not listen within ${startMsMax / 1000} s`;
    const isUsage = ready === exitCodes.usage;
    const exitCode: ExitCode = isUsage ? exitCodes.usage : exitCodes.couldNotStart;
    throw new CliError(exitCode, `The ${role} did not start: ${why}`);
  }
  const { url, token } = ready[0] as { readonly url: string; readonly token: string };
  return {
    url,
    token,
    pid: child.pid!,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}
