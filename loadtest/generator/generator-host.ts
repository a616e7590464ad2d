/**
 * Where generators of this machine run: in this process, or in one of their own.
 *
 * A host that keeps has several, one after the other, each with the subscribers that stayed connected when the run of the
 * one before was over.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../schemas/package-root.js";
import { Generator } from "./generator.js";
import type { GeneratorHandle, GeneratorListener, GeneratorSlot } from "./generator-handle.js";
import type { FromGenerator, GeneratorConfig } from "./protocol.js";

/** One file for the sources, their compiled form and the CommonJS bundle: a bundle, so that it starts fast. */
const entry = fileURLToPath(new URL("dist/bin/generator-process.js", packageRoot));

interface GeneratorHost {
  start(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle;
  /** Whether the next generator can go on with the subscribers of the last one. */
  readonly isKept: boolean;
  /** Ends it. Kept subscribers take their leave first. */
  close(): void;
}

/** For small runs and tests. */
class LocalHost implements GeneratorHost {
  readonly #keeps: boolean;
  #generator: Generator | undefined;
  isKept = false;

  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  start(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
    const succession = { keeps: this.#keeps, before: this.isKept ? this.#generator : undefined };
    this.isKept = false;
    const tell = (message: FromGenerator): void => {
      if (message.type === "result") this.isKept = this.#keeps;
      queueMicrotask(() => listen(message));
    };
    this.#generator = new Generator(config, tell, succession);
    return {
      send: (message) => this.#generator?.handle(message),
      kill: () => {
        if (!this.isKept) this.close();
      },
    };
  }

  close(): void {
    this.isKept = false;
    this.#generator?.stop();
    this.#generator?.connections.leave();
    this.#generator = undefined;
  }
}

class ProcessHost implements GeneratorHost {
  readonly #keeps: boolean;
  #child: ChildProcess | undefined;
  #listen: GeneratorListener = () => {};
  /** The generator has told its last. */
  #isOver = false;

  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  get isKept(): boolean {
    return this.#keeps && this.#isOver && this.#child?.connected === true;
  }

  start(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
    this.#child ??= this.#fork();
    this.#listen = listen;
    this.#isOver = false;
    this.#child.send({ type: "start", config, keeps: this.#keeps }, () => {});
    return {
      // What it does not take any more is no error of its own: its end is told by "exit".
      send: (message) => void (this.#child?.connected === true && this.#child.send(message, () => {})),
      kill: () => {
        if (!this.isKept) this.close();
      },
    };
  }

  #fork(): ChildProcess {
    const child = fork(entry, [], { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: FromGenerator) => {
      if (message.type === "result") this.#isOver = true;
      this.#listen(message);
    });
    child.on("exit", (code, signal) =>
      this.#fail(`a generator process ended early (${signal ?? `exit code ${code}`})`),
    );
    child.on("error", ({ message }) => this.#fail(`a generator process: ${message}`));
    return child;
  }

  #fail(message: string): void {
    if (!this.#isOver) this.#listen({ type: "failed", message });
  }

  close(): void {
    if (this.isKept) this.#child?.send({ type: "leave" }, () => {});
    else this.#child?.kill("SIGKILL");
    this.#isOver = true;
    this.#child = undefined;
  }
}

/**
 * @param workers generator processes on this machine; 0: one generator in this process
 * @param keeps another generator is to follow
 */
export function createHost(workers: number, keeps: boolean): GeneratorHost {
  return workers === 0 ? new LocalHost(keeps) : new ProcessHost(keeps);
}

/** The generators of one run, or of several that follow each other. */
export class GeneratorHosts {
  readonly #keeps: boolean;
  #hosts: readonly GeneratorHost[] = [];

  /** @param keeps subscribers stay connected from one run to the next */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** Whether so many generators have all that they need to go on with. */
  areKept(workers: number): boolean {
    return this.#hosts.length === Math.max(1, workers) && this.#hosts.every(({ isKept }) => isKept);
  }

  /** Slots of the next run; of new generators where not all are kept. */
  slots(workers: number): GeneratorSlot[] {
    if (!this.areKept(workers)) {
      this.close();
      this.#hosts = Array.from({ length: Math.max(1, workers) }, () => createHost(workers, this.#keeps));
    }
    return this.#hosts.map((host) => ({
      name: "a generator",
      start: (config, listen) => host.start(config, listen),
    }));
  }

  close(): void {
    for (const host of this.#hosts) host.close();
    this.#hosts = [];
  }
}
