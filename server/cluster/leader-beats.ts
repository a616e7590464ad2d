/** When a leader appends something although nothing happens: so that it is heard, and known to who joins. */
import { monotonicNs } from "../core/timers.js";
import type { ClusterClock } from "./cluster-clock.js";
import type { Entry } from "./entry.js";
import type { MemberState } from "./member-state.js";

/** A leader is heard at least so often. */
const beatMs = 200;
/** A member that joins hears who leads within this time, also where the log is too short to say so. */
const announceMs = 2000;
const announcedMax = 16;

export class LeaderBeats {
  readonly #state: MemberState;
  #appendedMs = 0;
  #announcedMs = 0;
  /** When announcements were appended that have not come back. */
  readonly #announcedNs: bigint[] = [];

  constructor(state: MemberState) {
    this.#state = state;
  }

  /** Something was appended. */
  appended(nowMs: number): void {
    this.#appendedMs = nowMs;
  }

  /** What is to be appended now. */
  due(nowMs: number): readonly Entry[] {
    if (nowMs - this.#announcedMs >= announceMs) {
      this.#announcedMs = nowMs;
      if (this.#announcedNs.length < announcedMax) this.#announcedNs.push(monotonicNs());
      return this.#state.announce();
    }
    return nowMs - this.#appendedMs >= beatMs ? this.#state.beat() : [];
  }

  /** An own announcement has come back: it led for certain when it appended this. A lost one leaves its instant to the next, which is no harm. */
  confirm(clock: ClusterClock): void {
    const announcedNs = this.#announcedNs.shift();
    if (announcedNs !== undefined) clock.confirm(announcedNs);
  }
}
