/**
 * A clock that stands still until it is moved by hand: for tests, and for `clock: "manual"`.
 *
 * Moving it runs what falls due on the way, each at its own instant, so nothing is ever late.
 */
import type { Clock } from "./clock.js";

export interface ManualClock {
  readonly clock: Clock;
  /** Moves on by this many milliseconds and runs everything that falls due, in order. */
  advance(durationMs: number): void;
}

interface Timer {
  readonly dueNs: bigint;
  readonly callback: () => void;
}

export function createManualClock(): ManualClock {
  let nowNs = 0n;
  /** In order of their instants; equal ones in order of their making. */
  const timers: Timer[] = [];

  const clock: Clock = {
    nowNs: () => nowNs,
    schedule(callback, delayMs) {
      const timer: Timer = { dueNs: nowNs + toNs(delayMs), callback };
      const later = timers.findIndex(({ dueNs }) => dueNs > timer.dueNs);
      timers.splice(later === -1 ? timers.length : later, 0, timer);
      return () => {
        const position = timers.indexOf(timer);
        if (position !== -1) timers.splice(position, 1);
      };
    },
  };

  return {
    clock,
    advance(durationMs) {
      const untilNs = nowNs + toNs(durationMs);
      for (let timer = timers[0]; timer !== undefined && timer.dueNs <= untilNs; timer = timers[0]) {
        timers.shift();
        nowNs = timer.dueNs;
        timer.callback();
      }
      nowNs = untilNs;
    },
  };
}

function toNs(durationMs: number): bigint {
  return BigInt(Math.round(Math.max(0, durationMs) * 1e6));
}
