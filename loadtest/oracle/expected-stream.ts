/**
 * What every subscriber must receive, and how much of it is known: regenerated from the simulation, or learned from the
 * subscribers themselves.
 */
import type { BatchChain } from "./batch-chain.js";
import type { BatchKey, ExpectedBatch } from "./expected-batch.js";

export interface ExpectedStream {
  readonly chain: BatchChain;
  /** Learned from the subscribers, each frame a batch of its own: what one of them received proves nothing yet. */
  readonly isLearned: boolean;
  /** Subscribers that are connected. */
  receivers: number;
  /** By how much intended instants may be off, either way. */
  readonly uncertaintyMs: number;
  nowMs(): number;
  /** Whether everything that could explain a frame of this instant is known. */
  isKnown(atMs: number): boolean;
  /** A subscriber received items of a batch. */
  taken(batch: ExpectedBatch, receiver: Receiver): void;
  /** A subscriber received what comes after a batch, and not the batch. */
  passed(batch: ExpectedBatch): void;
  /** Whether those who did not receive a batch have lost it. */
  isReference(batch: ExpectedBatch): boolean;
  /** Takes a frame for the next of the stream; undefined where it cannot be. */
  learn(text: string): ExpectedBatch | undefined;
  /** Takes a frame for one that the stream lacks before a batch; undefined where it cannot be. */
  learnBefore(following: ExpectedBatch, text: string): ExpectedBatch | undefined;
  /** A subscriber received the batches of each stretch in this order. False where the stream's order counts as it is. */
  disordered(receiver: Receiver, stretches: readonly (readonly ExpectedBatch[])[]): boolean;
}

/** What a learned stream asks of a subscriber, and decides about its deliveries once all have shown what the stream is. */
export interface Receiver {
  /** It has passed all batches before this tick; `Infinity` once it has ended. */
  readonly passedTick: number;
  /** Where its subscription began; undefined before that. */
  readonly first: BatchKey | undefined;
  /** Whether it received a batch that is not settled yet. */
  received(batch: ExpectedBatch): boolean;
  /** It was there when others received the batch, and went on without it. */
  hasSkipped(batch: ExpectedBatch): boolean;
  /** What was taken for another frame was this one. */
  unskip(batch: ExpectedBatch): void;
  /** What it received is no part of the stream. */
  retract(batch: ExpectedBatch, kind: "duplicated" | "unexpected"): void;
  /** It received a frame out of the order that the majority received. */
  displace(batch: ExpectedBatch): void;
  /** The stream is known before this tick: what was skipped of it never came. */
  settle(beforeTick: number): void;
  /** It has ended before this tick, and nothing of it is left to decide. */
  isOverBefore(tick: number): boolean;
}
