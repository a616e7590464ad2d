/** A child process of a benchmark: pinned to a core where that is possible, asked one thing at a time. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** True where `taskset` can keep a process on one core, and there is a second one for its peer. */
export const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** The compiled script: under the test runner this file is TypeScript, and what is beside it would not run. */
function scriptPath(name: string): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? `../../dist/scripts/bench/${name}.js` : `./${name}.js`, import.meta.url));
}

export class BenchProcess<Command extends object, Report extends object> {
  readonly #child: ChildProcess;

  constructor(script: string, core: number, args: readonly string[] = []) {
    const command = [process.execPath, "--expose-gc", scriptPath(script), ...args];
    const [file, ...rest] = canPin ? ["taskset", "-c", String(core), ...command] : command;
    this.#child = spawn(file, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  /** Sends a command and waits for the report of this kind. */
  async ask<Kind extends string>(
    command: Command | null,
    kind: Kind,
  ): Promise<Extract<Report, Record<Kind, unknown>>[Kind]> {
    const abort = new AbortController();
    const answer = once(this.#child, "message", { signal: abort.signal }) as Promise<[Report]>;
    const end = once(this.#child, "exit", { signal: abort.signal }) as Promise<[number | null]>;
    if (command !== null) this.#child.send(command);
    try {
      const [report] = await Promise.race([
        answer,
        end.then(([code]) => Promise.reject(new Error(`a process of the benchmark ended with ${code}`))),
      ]);
      if (!(kind in report)) throw new Error(`expected ${kind}, got ${Object.keys(report).join(", ")}`);
      return (report as Extract<Report, Record<Kind, unknown>>)[kind];
    } finally {
      abort.abort();
      void answer.catch(() => {});
      void end.catch(() => {});
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
