/** The stream of a server that runs the simulator: planned ahead of it, and corrected as its command log becomes known. */
import { BatchChain } from "./batch-chain.js";
import type { BatchKey, ExpectedBatch, Place, PlannedBatch } from "./expected-batch.js";
import type { ExpectedStream } from "./expected-stream.js";

/** The stream as it is planned, and as it turns out. Plain data: it crosses a process boundary. */
export type StreamUpdate =
  | { readonly type: "batches"; readonly batches: readonly PlannedBatch[] }
  | { readonly type: "amend"; readonly batches: readonly PlannedBatch[]; readonly removed: readonly BatchKey[] }
  /** Ticks that are due at other instants than was said before. */
  | { readonly type: "retime"; readonly instants: readonly (readonly [tick: number, intendedMs: number])[] }
  /** The command log is known up to this instant. */
  | { readonly type: "known"; readonly atMs: number }
  /** Instants of the stream may be off by so much, either way. */
  | { readonly type: "uncertain"; readonly byMs: number };

export class RegeneratedStream implements ExpectedStream {
  readonly chain = new BatchChain();
  readonly isLearned = false;
  receivers = 0;
  uncertaintyMs = 0;
  readonly nowMs: () => number;
  #knownMs = -Infinity;
  /** The latest instant that a frame waits for, and when the log was asked for last. */
  #wantedMs = -Infinity;
  #askedMs = -Infinity;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  extend(planned: readonly PlannedBatch[]): ExpectedBatch[] {
    return planned.flatMap((batch) => this.chain.append(batch) ?? []);
  }

  /** Returns what subscribers may have passed, the last first: one that is before a batch steps back from each to the one before. */
  amend(planned: readonly PlannedBatch[], removed: readonly BatchKey[]): Place[] {
    return this.chain.amend(planned, removed).toReversed();
  }

  /** The command log is known up to this instant. */
  know(atMs: number): void {
    this.#knownMs = atMs;
  }

  isKnown(atMs: number): boolean {
    if (atMs <= this.#knownMs) return true;
    this.#wantedMs = Math.max(this.#wantedMs, atMs);
    return false;
  }

  /** Whether a frame waits for more of the command log than was asked for. True once for each. */
  takeRequest(): boolean {
    if (this.#wantedMs <= this.#askedMs) return false;
    this.#askedMs = this.nowMs();
    return true;
  }

  taken(): void {}

  passed(): void {}

  isReference(): boolean {
    return true;
  }

  learn(): undefined {}

  learnBefore(): undefined {}

  disordered(): boolean {
    return false;
  }
}
