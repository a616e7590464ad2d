/** The machine that a run took place on. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { findMemoryBytes, findProcessors } from "./limits.js";
import type { Summary } from "../../schemas/index.js";

/** `ulimit -n`, where the system tells it. */
export function findOpenFilesMax(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}

export function describeEnvironment(): Summary["environment"] {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: cpus()[0]?.model ?? "unknown",
    cores: Math.max(1, Math.floor(findProcessors())),
    memoryBytes: findMemoryBytes(),
    openFilesMax: findOpenFilesMax(),
  };
}
