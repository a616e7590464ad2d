/**
 * Evidence against the generator itself: a saturated one inflates every latency it reports.
 *
 * Three witnesses: the share of a second in which the event loop was busy, ticks that had arrived only in part
 * when the next was due while the loop had no idle moment in between, and time without a processor, which is not
 * idle time.
 */
import { performance } from "node:perf_hooks";
import { formatPercent } from "../core/format.js";
import { MissedTime, SchedulingWatch } from "../core/scheduling.js";

export const utilisationMax = 0.9;
/** Below this share of idle time between two ticks the loop counts as never idle. */
const idleShareMin = 0.01;

/** How the event loop has spent its time so far, milliseconds. */
interface Spent {
  readonly busyMs: number;
  readonly idleMs: number;
}

/** The rest may be below zero: time without a processor counts as busy where it fell into work. */
function share(part: number, rest: number): number {
  const total = part + Math.max(0, rest);
  return total > 0 ? Math.max(0, part) / total : 0;
}

export class UtilisationWitness {
  readonly #idlePollMs: () => number;
  readonly #scheduling = new SchedulingWatch();
  readonly #missed = new MissedTime(this.#scheduling);
  #second: Spent;
  #tick: Spent;
  #saturatedSeconds = 0;
  #undrainedTicks = 0;
  #highest = 0;

  /** `idlePollMs` tells how long the loop has been awake so far only to ask again, which looks busy. */
  constructor(idlePollMs: () => number) {
    this.#idlePollMs = idlePollMs;
    this.#second = this.#spent();
    this.#tick = this.#second;
  }

  /** Share of the time since the last call in which the loop was busy. `counts` is false outside the measured time. */
  closeSecond(counts: boolean): number {
    this.#missed.close(counts);
    const now = this.#spent();
    const utilisation = share(now.busyMs - this.#second.busyMs, now.idleMs - this.#second.idleMs);
    this.#second = now;
    if (!counts) return utilisation;
    this.#highest = Math.max(this.#highest, utilisation);
    if (utilisation > utilisationMax) this.#saturatedSeconds += 1;
    return utilisation;
  }

  /** A tick is due: tells whether the one before was left undrained for want of time here. */
  closeTick(isDrained: boolean, counts: boolean): void {
    const now = this.#spent();
    const idleShare = share(now.idleMs - this.#tick.idleMs, now.busyMs - this.#tick.busyMs);
    this.#tick = now;
    if (counts && !isDrained && idleShare < idleShareMin) this.#undrainedTicks += 1;
  }

  #spent(): Spent {
    const { active, idle } = performance.eventLoopUtilization();
    const pollMs = this.#idlePollMs();
    return { busyMs: active - pollMs, idleMs: idle + pollMs - this.#scheduling.totalMs };
  }

  /** Milliseconds of the measured time without a processor. */
  get missedMs(): number {
    return this.#missed.totalMs;
  }

  stop(): void {
    this.#scheduling.stop();
  }

  evidence(): string[] {
    const found = this.#missed.evidence("a generator");
    if (this.#saturatedSeconds > 0) {
      found.push(
        `a generator was more than ${formatPercent(utilisationMax)} busy in ${this.#saturatedSeconds} s (at most ${formatPercent(this.#highest)})`,
      );
    }
    if (this.#undrainedTicks > 0) {
      found.push(
        `a generator had not read ${this.#undrainedTicks} ${this.#undrainedTicks === 1 ? "tick" : "ticks"} when the next was due, for want of time`,
      );
    }
    return found;
  }
}
