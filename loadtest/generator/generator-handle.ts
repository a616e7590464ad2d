/**
 * A generator as whoever gives it orders sees it, wherever it runs: in this process, in one of its own, or on another host.
 *
 * Invariant: one that fails tells so once, and nothing afterwards.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../schemas/package-root.js";
import { Generator } from "./generator.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";

export interface GeneratorHandle {
  send(message: ToGenerator): void;
  /** Ends it at once. */
  kill(): void;
}

export type GeneratorListener = (message: FromGenerator) => void;

/** Where a generator can be started. */
export interface GeneratorSlot {
  /** The generator in messages: `a generator`, with its host where it is another one. */
  readonly name: string;
  start(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle;
}

/** One file for the sources, their compiled form and the CommonJS bundle: a bundle, so that it starts fast. */
const entry = fileURLToPath(new URL("dist/bin/generator-process.js", packageRoot));

/** A generator that shares this process: for small runs and tests. */
function startLocalGenerator(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const generator = new Generator(config, (message) => queueMicrotask(() => listen(message)));
  return { send: (message) => generator.handle(message), kill: () => generator.stop() };
}

/** A generator in a process of its own. */
function startGeneratorProcess(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const child: ChildProcess = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let isOver = false;
  child.on("message", (message: FromGenerator) => {
    if (message.type === "result") isOver = true;
    listen(message);
  });
  child.on("exit", (code, signal) => {
    if (!isOver)
      listen({ type: "failed", message: `a generator process ended early (${signal ?? `exit code ${code}`})` });
  });
  child.on("error", ({ message }) => listen({ type: "failed", message: `a generator process: ${message}` }));
  child.send({ type: "start", config });
  return {
    // What it does not take any more is no error of its own: its end is told by "exit".
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill() {
      isOver = true;
      child.kill("SIGKILL");
    },
  };
}

/** @param workers generator processes on this host; 0: one generator in this process */
export function localSlots(workers: number): GeneratorSlot[] {
  const start = workers === 0 ? startLocalGenerator : startGeneratorProcess;
  return Array.from({ length: Math.max(1, workers) }, () => ({ name: "a generator", start }));
}
