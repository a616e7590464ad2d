/**
 * A follower's watch of the row that its leader writes.
 *
 * A leader that is heard by the stream and does not write has lost Postgres: the market goes on, and every command is
 * refused. Where this member reaches both, it is better led by another one.
 */
import { monotonicMs } from "../core/timers.js";
import type { FoundPosition } from "../store/position-row.js";

export interface RowWatchOptions {
  readonly read: () => Promise<Pick<FoundPosition, "epoch" | "number">>;
  /** Of the leader that is heard. */
  readonly epoch: () => number;
  /** The leader of this epoch does not write. */
  readonly onUnwritten: (epoch: number) => void;
}

/** How often the row is looked at. */
const everyMs = 500;
/** A leader writes five times a second. */
const unwrittenMsMin = 2000;

export class RowWatch {
  readonly #options: RowWatchOptions;
  #isReading = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #seen: { readonly epoch: number; readonly number: number; readonly sinceMs: number } | undefined;

  constructor(options: RowWatchOptions) {
    this.#options = options;
  }

  /** The leader is heard by the stream. */
  look(nowMs: number): void {
    if (this.#isReading || nowMs - this.#lookedMs < everyMs) return;
    // Whoever has not looked for a while was starved, or had no stream.
    if (nowMs - this.#lookedMs > 2 * everyMs) this.#seen = undefined;
    this.#lookedMs = nowMs;
    this.#isReading = true;
    void this.#compare(nowMs)
      .catch(() => (this.#seen = undefined))
      .finally(() => (this.#isReading = false));
  }

  async #compare(askedMs: number): Promise<void> {
    const { epoch, number } = await this.#options.read();
    // An answer that was long under way tells what was.
    if (monotonicMs() - askedMs > everyMs) return;
    const isSame = this.#seen?.epoch === epoch && this.#seen.number === number;
    if (!isSame || epoch !== this.#options.epoch()) this.#seen = { epoch, number, sinceMs: askedMs };
    if (this.#seen === undefined || askedMs - this.#seen.sinceMs < unwrittenMsMin) return;
    this.#seen = undefined;
    this.#options.onUnwritten(epoch);
  }
}
