/** For how long a member has heard nothing of its leader, by the stream or by the row, and what follows from that. */

/** Why another member should lead, as its log says it. */
export const leaderFaults = {
  silent: "the leader of the cluster is silent",
  withoutStore: "the leader of the cluster has lost Postgres and takes no commands",
} as const;
export type LeaderFault = keyof typeof leaderFaults;

/** Silence after which another member takes over: within a second the anchors of the ticks stay. */
const suspiciousMsMin = 700;
/** Silence after which subscribers are better served by another member. */
const isolatedMsMin = 5000;
const lookMs = 50;
const starvedMs = 4 * lookMs;

export class Silence {
  #heardMs: number;
  #streamMs: number;
  #lookedMs: number;
  /** Since when a leader is waited for that is suspected next. */
  #patientMs: number;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
    this.#streamMs = nowMs;
    this.#lookedMs = nowMs;
    this.#patientMs = nowMs;
  }

  /** How often `look` is to be called, milliseconds. */
  get lookMs(): number {
    return lookMs;
  }

  heard(path: "stream" | "row", nowMs: number): void {
    this.#heardMs = nowMs;
    if (path === "stream") this.#streamMs = nowMs;
  }

  /** Milliseconds, over both paths. */
  ms(nowMs: number): number {
    return nowMs - this.#heardMs;
  }

  /** Milliseconds. */
  streamMs(nowMs: number): number {
    return nowMs - this.#streamMs;
  }

  isIsolated(nowMs: number): boolean {
    return this.ms(nowMs) > isolatedMsMin;
  }

  /** Whoever is starved of a processor cannot tell who is silent: what it could not hear is no silence. */
  look(nowMs: number): void {
    const sinceMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    if (sinceMs <= starvedMs) return;
    this.#heardMs = Math.min(nowMs, this.#heardMs + sinceMs);
    this.#streamMs = Math.min(nowMs, this.#streamMs + sinceMs);
    this.#patientMs = nowMs;
  }

  /** Whether the leader is to be suspected; the next one is given its time. */
  suspects(nowMs: number): boolean {
    if (nowMs - Math.max(this.#heardMs, this.#patientMs) < suspiciousMsMin) return false;
    this.#patientMs = nowMs;
    return true;
  }
}
