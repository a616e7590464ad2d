/** The generators of a run: a process each, or one in this process. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Generator } from "./generator.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";

export interface GeneratorHandle {
  readonly config: GeneratorConfig;
  readonly pid: number;
  send(message: ToGenerator): void;
  /** Ends it at once. */
  kill(): void;
}

export type GeneratorListener = (index: number, message: FromGenerator) => void;

const entry = fileURLToPath(new URL("process.js", import.meta.url));

/** A generator that shares this process: for small runs and tests. */
export function startLocalGenerator(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const generator = new Generator(config, (message) => queueMicrotask(() => listen(config.index, message)));
  return { config, pid: process.pid, send: (message) => generator.handle(message), kill: () => generator.stop() };
}

/** A generator in a process of its own. */
export function startGeneratorProcess(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const child: ChildProcess = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let isOver = false;
  child.on("message", (message: FromGenerator) => {
    if (message.type === "result") isOver = true;
    listen(config.index, message);
  });
  child.on("exit", (code, signal) => {
    if (!isOver)
      listen(config.index, {
        type: "failed",
        message: `a generator process ended early (${signal ?? `exit code ${code}`})`,
      });
  });
  child.on("error", ({ message }) =>
    listen(config.index, { type: "failed", message: `a generator process: ${message}` }),
  );
  child.send({ type: "start", config });
  return {
    config,
    pid: child.pid ?? 0,
    // What it does not take any more is no error of its own: its end is told by "exit".
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill() {
      isOver = true;
      child.kill("SIGKILL");
    },
  };
}
