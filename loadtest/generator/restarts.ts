/**
 * Restarts of the server by plan: who lost the connection, how long each took to be back, and what it missed.
 *
 * They try again as a stock client does: after about a second, then twice as long each time, up to five.
 */
import { LatencyHistogram } from "../core/histogram.js";
import type { DeliveryCounts } from "../oracle/delivery-counts.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { RestartReport } from "./protocol.js";

const firstDelayMs = 1000;
const delayMsMax = 5000;
/** So that not all try at once: up to half of the delay, either way, evenly spread over the subscribers. */
const jitter = 0.5;
const goldenRatio = 0.618_033_988_75;

interface Restart {
  /** Of the measured stage. */
  readonly stage: number;
  readonly fromMs: number;
  dropped: number;
  resumed: number;
  missed: number;
  readonly back: LatencyHistogram;
}

/** A subscriber that lost the connection. */
interface Loss {
  readonly restart: Restart;
  readonly counts: DeliveryCounts;
  readonly missedBefore: number;
  attempts: number;
  /** Undefined while it is away. */
  backMs: number | undefined;
}

/** Milliseconds before an attempt, counted from 0. */
export function reconnectionDelayMs(id: number, attempt: number): number {
  const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** attempt);
  const spread = (((id + 1) * (attempt + 1) * goldenRatio) % 1) * 2 - 1;
  return Math.round(delayMs * (1 + jitter * spread));
}

export class Restarts {
  readonly #all: Restart[] = [];
  /** By subscriber, its last. */
  readonly #losses = new Map<number, Loss>();
  /** Whether whoever is dropped now is dropped by the restart. */
  isOn = false;

  begin(stage: number, fromMs: number): void {
    this.isOn = true;
    this.#all.push({ stage, fromMs, dropped: 0, resumed: 0, missed: 0, back: new LatencyHistogram() });
  }

  /** Returns after how many milliseconds the subscriber tries to be back. */
  lost({ id, counts }: StreamMatcher): number {
    const restart = this.#all.at(-1)!;
    const known = this.#losses.get(id);
    // Who is dropped again amid the same restart is one that has not come back yet.
    if (known?.restart === restart) {
      known.backMs = undefined;
      return this.retry(id);
    }
    this.endAbsence(id);
    restart.dropped += 1;
    this.#losses.set(id, { restart, counts, missedBefore: counts.missed, attempts: 0, backMs: undefined });
    return reconnectionDelayMs(id, 0);
  }

  isWaiting(id: number): boolean {
    const loss = this.#losses.get(id);
    return loss !== undefined && loss.backMs === undefined;
  }

  /** An attempt has failed: after how many milliseconds the next one comes. */
  retry(id: number): number {
    const loss = this.#losses.get(id)!;
    loss.attempts += 1;
    return reconnectionDelayMs(id, loss.attempts);
  }

  back(id: number, atMs: number, isResumed: boolean): void {
    const loss = this.#losses.get(id)!;
    loss.backMs = atMs - loss.restart.fromMs;
    if (isResumed) loss.restart.resumed += 1;
  }

  /** What the subscriber misses from now on is not the restart's doing. */
  endAbsence(id: number): void {
    const loss = this.#losses.get(id);
    if (loss === undefined) return;
    const { restart, counts, missedBefore, backMs } = loss;
    restart.missed += counts.missed - missedBefore;
    if (backMs !== undefined) restart.back.record(backMs);
    this.#losses.delete(id);
  }

  report(): RestartReport[] {
    const open = [...this.#losses.values()];
    return this.#all.map((restart) => {
      const { stage, dropped, resumed } = restart;
      const back = new LatencyHistogram();
      back.add(restart.back);
      const own = open.filter((loss) => loss.restart === restart);
      const missed = own.reduce((sum, { counts, missedBefore }) => sum + counts.missed - missedBefore, restart.missed);
      for (const { backMs } of own) if (backMs !== undefined) back.record(backMs);
      return { stage, dropped, resumed, missed, back: back.encode() };
    });
  }
}
