/** What a matcher asks of the process it lives in: the stream, the meter, and who reads the command log. */
import type { StreamMatcher } from "./stream-matcher.js";
import type { BatchKey, ExpectedBatch, ExpectedStream } from "./stream.js";

export interface MatcherHost {
  readonly stream: ExpectedStream;
  /** True when nobody can regenerate the stream: then the subscribers are compared with each other. */
  readonly learning: boolean;
  nowMs(): number;
  /** Whether everything that could explain a frame of this instant is known; asks for it otherwise. */
  knownAt(atMs: number): boolean;
  holds(matcher: StreamMatcher): void;
  releases(matcher: StreamMatcher): void;
  isBefore(a: BatchKey, b: BatchKey): boolean;
  /** `count` items of the batch from `from` on arrived. */
  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void;
  completed(batch: ExpectedBatch, atMs: number): void;
  corrupted(expected: string, received: string): void;
  unexpected(text: string): void;
  duplicated(text: string): void;
  reordered(text: string): void;
  lost(text: string): void;
  /** What was counted as lost came after all. */
  found(text: string): void;
  /** From here on for learned streams only. */
  learn(text: string): ExpectedBatch | undefined;
  learnBefore(following: ExpectedBatch, text: string): ExpectedBatch;
  passed(batch: ExpectedBatch): void;
  isReference(batch: ExpectedBatch): boolean;
  /** Received the batches of each stretch in this order, not in the stream's. False where the stream's order counts as it is. */
  disordered(matcher: StreamMatcher, stretches: readonly (readonly ExpectedBatch[])[]): boolean;
  /** A newcomer was told this before it was told what all are told: its content counts, and nothing else of it. */
  greeted(text: string): void;
}
