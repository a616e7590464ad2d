/**
 * Notices when this process is not given a processor: a quota of its container, a pause, a busy or stolen host.
 *
 * A fine timer that fires late had to wait, either for this process's own work, which uses processor time, or for
 * a processor, which does not. An event loop takes the second for idle time.
 */
import { performance } from "node:perf_hooks";

const everyMs = 10;
/** Timers are late by less on any idle machine. */
const lateMsMin = 20;

export class SchedulingWatch {
  #totalMs = 0;
  #longestMs = 0;
  #lastMs = performance.now();
  #lastCpuMs = cpuMs();
  readonly #timer: NodeJS.Timeout;

  /** Watches until it is stopped. */
  constructor() {
    this.#timer = setInterval(() => this.look(performance.now(), cpuMs()), everyMs);
    this.#timer.unref();
  }

  /** Milliseconds without a processor since the beginning. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** The longest time in one piece since the last call. */
  takeLongestMs(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  /** The timer fires: when, and how much processor time the process has used by then. */
  look(nowMs: number, usedMs: number): void {
    const lateMs = nowMs - this.#lastMs - everyMs;
    const missedMs = lateMs - (usedMs - this.#lastCpuMs);
    this.#lastMs = nowMs;
    this.#lastCpuMs = usedMs;
    if (missedMs < lateMsMin) return;
    this.#totalMs += missedMs;
    this.#longestMs = Math.max(this.#longestMs, missedMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Beyond this share of a second, or so long at once, nothing that the process measured can be trusted. */
const missedShareMax = 0.4;
export const missedMsMax = 500;

/** How a process was kept from its processor in the measured time. */
export class MissedTime {
  readonly #watch: SchedulingWatch;
  #closedMs: number;
  #closedTotalMs = 0;
  #totalMs = 0;
  #longestMs = 0;
  #worstShare = 0;

  constructor(watch: SchedulingWatch, nowMs = performance.now()) {
    this.#watch = watch;
    this.#closedMs = nowMs;
  }

  /** To be called about once a second. `counts` is false outside the measured time. */
  close(counts: boolean, nowMs = performance.now()): void {
    const missedMs = this.#watch.totalMs - this.#closedTotalMs;
    const share = missedMs / Math.max(1, nowMs - this.#closedMs);
    const longestMs = this.#watch.takeLongestMs();
    this.#closedMs = nowMs;
    this.#closedTotalMs = this.#watch.totalMs;
    if (!counts) return;
    this.#totalMs += missedMs;
    this.#longestMs = Math.max(this.#longestMs, longestMs);
    this.#worstShare = Math.max(this.#worstShare, share);
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  /** What makes the process's figures worthless, in words about `who`. */
  evidence(who: string): string[] {
    if (this.#worstShare <= missedShareMax && this.#longestMs < missedMsMax) return [];
    return [
      `${who} was not given a processor for ${Math.round(this.#totalMs)} ms of the measured time, ${Math.round(this.#longestMs)} ms at once (a quota, a pause, or a busy host)`,
    ];
  }
}
