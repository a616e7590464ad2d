/** Measures a start of `max demo`, from the start of the process to the first tick. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Simulation } from "../schemas/index.js";
import { startMaxCommand } from "./cli.fixture.js";

/** Of Linux's clock of processor time, which is in hundredths of a second whatever the kernel's own is. */
const clockTickMs = 10;

/** User and system time of a process and all its threads so far, milliseconds. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the program's name, which may hold anything: fields 14 and 15 of the whole.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * clockTickMs;
}

/** Starts `max demo` on a fresh store and waits for its first tick. */
export async function startToFirstTick(): Promise<{ readonly tookMs: number; readonly processorMs: number }> {
  const beganMs = performance.now();
  const { child, ended, stderr, wrote } = startMaxCommand("demo", "--port", "0");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(stop);
  await wrote("Ctrl-C ends it.");
  const [, url] = /Console {4}(\S+)\/\n/.exec(stderr()) ?? [];
  while (((await (await fetch(`${url}/api/simulation`)).json()) as Simulation).tick === 0) await delay(5);
  const tookMs = Math.round(performance.now() - beganMs);
  const usedMs = processorMs(child.pid ?? 0);
  await stop();
  process.stderr.write(`The first tick came after ${tookMs} ms, with ${usedMs} ms of processor time.\n`);
  return { tookMs, processorMs: usedMs };
}
