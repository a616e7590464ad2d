/** How the server of a load test is restarted: the run's own, or somebody's by a command. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerProcess, startServerProcess } from "./server-process.js";

/**
 * Runs a command in a shell. Resolves when it has ended well; one that goes on as the server does is left alone.
 *
 * @throws {Error} when it ends otherwise
 */
export async function runRestartCommand(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ["ignore", "ignore", "inherit"], detached: true });
  child.unref();
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? `exit code ${code}`}`);
}

/** A server for a run that may restart it: then its store outlives it. */
export function startServer(
  flags: readonly string[],
  isRestarted: boolean,
  signal: AbortSignal,
): Promise<ServerProcess | RestartableServer> {
  if (isRestarted) return RestartableServer.start(flags, signal);
  return startServerProcess([...flags, "--store=:memory:"], { signal });
}

/** A server with a store of its own, which another process of it goes on with. */
export class RestartableServer {
  readonly #flags: readonly string[];
  readonly #folder: string;
  #process: ServerProcess;

  private constructor(flags: readonly string[], folder: string, process: ServerProcess) {
    this.#flags = flags;
    this.#folder = folder;
    this.#process = process;
  }

  /**
   * @param flags of `max demo`, but for the store
   * @throws {CliError} when it does not start
   */
  static async start(flags: readonly string[], signal?: AbortSignal): Promise<RestartableServer> {
    const folder = await mkdtemp(join(tmpdir(), "max-loadtest-"));
    try {
      const own = [...flags, `--store=${join(folder, "store.sqlite")}`];
      return new RestartableServer(own, folder, await startServerProcess(own, signal && { signal }));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return this.#process.url;
  }

  get token(): string {
    return this.#process.token;
  }

  /** Stops it as an operator does, and starts it again at the same address. */
  async restart(): Promise<void> {
    const { url, token } = this.#process;
    await this.#process.stop();
    const samePort = this.#flags.map((flag) => (flag === "--port=0" ? `--port=${new URL(url).port}` : flag));
    this.#process = await startServerProcess(samePort, { token });
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
