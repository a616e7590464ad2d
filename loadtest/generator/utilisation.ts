/**
 * Evidence against the generator itself: a saturated one inflates every latency it reports.
 *
 * Two witnesses: the share of a second in which the event loop was busy, and ticks that had arrived
 * only in part when the next was due while the loop had no idle moment in between.
 */
import { type EventLoopUtilization, performance } from "node:perf_hooks";
import { formatPercent } from "../figures.js";

export const utilisationMax = 0.9;
/** Below this share of idle time between two ticks the loop counts as never idle. */
const idleShareMin = 0.01;

export class UtilisationWitness {
  #second: EventLoopUtilization = performance.eventLoopUtilization();
  #tick: EventLoopUtilization = this.#second;
  #saturatedSeconds = 0;
  #undrainedTicks = 0;
  #highest = 0;

  /** Share of the time since the last call in which the loop was busy. `counts` is false outside the measured time. */
  closeSecond(counts: boolean): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#second);
    this.#second = now;
    if (!counts) return utilization;
    this.#highest = Math.max(this.#highest, utilization);
    if (utilization > utilisationMax) this.#saturatedSeconds += 1;
    return utilization;
  }

  /** A tick is due: tells whether the one before was left undrained for want of time here. */
  closeTick(isDrained: boolean, counts: boolean): void {
    const now = performance.eventLoopUtilization();
    const { idle, active } = performance.eventLoopUtilization(now, this.#tick);
    this.#tick = now;
    if (counts && !isDrained && idle < idleShareMin * (idle + active)) this.#undrainedTicks += 1;
  }

  evidence(): string[] {
    const found: string[] = [];
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
