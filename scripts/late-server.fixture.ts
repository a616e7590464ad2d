/** A build of `max demo` whose ticks leave late by a known time, without a change of the product. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { maxEntry } from "./max-entry.js";

/** Latencies count from the instant at which a tick is due, so each is longer by this. */
function delayTimers(lateMs: number): string {
  return `import { syncBuiltinESMExports } from "node:module";
    import timers from "node:timers";
    const { setTimeout } = timers;
    timers.setTimeout = (callback, ms = 0, ...rest) => setTimeout(callback, ms + ${lateMs}, ...rest);
    syncBuiltinESMExports();`;
}

/** A command that starts one. */
export function lateCommand(folder: string, lateMs: number, flags = ""): string {
  const preload = join(folder, `late-${lateMs}.mjs`);
  writeFileSync(preload, delayTimers(lateMs));
  return `node --import ${preload} ${maxEntry} demo ${flags}`;
}
