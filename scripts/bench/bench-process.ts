/**
 * Child processes of benchmarks, pinned to a core where that is possible, and what they and their parent send each
 * other.
 *
 * A module of this folder that exports `handlers` can run as a child: this file is the child's entry point, too. The
 * parent calls the handlers by name, one at a time; their types are the protocol. Arguments and results go through
 * JSON. A handler that throws ends its process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** What a child can be asked for. */
type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

interface Call {
  readonly name: string;
  readonly argument?: never;
}

interface Reply {
  readonly result: unknown;
}

/** True where `taskset` can keep a process on one core, and there is a second one for its peer. */
const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Where the measuring and the measured process run. */
export function describePinning(first: string, second: string): string {
  return canPin
    ? `a core for the ${first}, a core for the ${second}`
    : "processes not pinned to cores: read the ratios with care";
}

const thisFile = fileURLToPath(import.meta.url);

/** The compiled form of this file: the test runner loads the source, which plain Node does not. */
const entryPoint = thisFile.endsWith(".ts")
  ? fileURLToPath(new URL("../../dist/scripts/bench/bench-process.js", import.meta.url))
  : thisFile;

/** @typeParam Served - `typeof handlers` of the module */
export class BenchProcess<Served extends Handlers> {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  /** @param module - the module's name, without folder and ending */
  constructor(module: string, core: number) {
    const args = ["--expose-gc", entryPoint, module];
    const [file, all] = canPin
      ? ["taskset", ["-c", String(core), process.execPath, ...args]]
      : [process.execPath, args];
    this.#child = spawn(file, all, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#ready = this.#reply();
    // Reported by the first call.
    this.#ready.catch(() => {});
  }

  /** Calls a handler; rejects when the process ends instead of replying. */
  async call<Name extends keyof Served & string>(
    name: Name,
    ...[argument]: Parameters<Served[Name]>
  ): Promise<Awaited<ReturnType<Served[Name]>>> {
    await this.#ready;
    this.#child.send({ name, argument } satisfies Call);
    return (await this.#reply()) as Awaited<ReturnType<Served[Name]>>;
  }

  async #reply(): Promise<unknown> {
    const abort = new AbortController();
    const reply = once(this.#child, "message", { signal: abort.signal }) as Promise<[Reply]>;
    const exit = once(this.#child, "exit", { signal: abort.signal }) as Promise<[number | null]>;
    try {
      const [{ result }] = await Promise.race([
        reply,
        exit.then(([code]) => Promise.reject(new Error(`a process of the benchmark exited with ${code}`))),
      ]);
      return result;
    } finally {
      abort.abort();
      void reply.catch(() => {});
      void exit.catch(() => {});
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

function send(reply: Reply): void {
  process.send?.(reply);
}

/** Replies to the parent's calls until it is gone. The first reply is sent when it listens. */
async function serve(module: string): Promise<void> {
  const { handlers } = (await import(`./${module}.js`)) as { readonly handlers: Handlers };
  const handle = async ({ name, argument }: Call) => send({ result: await handlers[name]!(argument as never) });
  process.on("message", (call: Call) => void handle(call));
  process.on("disconnect", () => process.exit());
  send({ result: undefined });
}

const [, started, served] = process.argv;
if (started === thisFile && served !== undefined) await serve(served);
