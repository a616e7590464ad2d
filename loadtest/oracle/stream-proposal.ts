/**
 * What several generators tell each other of the stream that each of them learns. Plain data: it crosses a process
 * boundary. Frames are named by their index in the order of a generator's proposals.
 */
import type { BatchKey } from "./expected-batch.js";

/** A frame of a generator's stream that all its subscribers are far beyond. */
export interface ProposedFrame extends BatchKey {
  readonly text: string;
  /** Subscribers that received it, and those that were there and went on without it. */
  readonly taken: number;
  readonly passed: number;
  /** Those that received or passed it and had not received or passed the one before. */
  readonly begun: number;
  /** When it came first, on the host's monotonic clock. */
  readonly firstMs: number;
  /** Whether the generator's own subscribers make it part of the stream. */
  readonly isReference: boolean;
}

/** In which orders how many subscribers received some frames. */
export type CountedOrders = readonly (readonly [order: readonly number[], subscribers: number])[];

/** Frames that subscribers of a generator received in different orders. */
export interface ProposedDisorder {
  readonly frames: readonly number[];
  readonly orders: CountedOrders;
}

export interface StreamProposal {
  /** They follow those of the last proposal. */
  readonly frames: readonly ProposedFrame[];
  readonly disorders: readonly ProposedDisorder[];
  /** Nothing comes after it. */
  readonly isEnd: boolean;
}

/** What all generators' subscribers together have made of the frames of one. */
export interface StreamAgreement {
  /** So many of its frames are agreed on. */
  readonly count: number;
  /** Where it is not as its own subscribers make it, or as theirs alone cannot tell. */
  readonly verdicts: readonly (readonly [frame: number, isReference: boolean])[];
  /** Frames that its subscribers lack, each before one of theirs; before none: behind the last. */
  readonly inserted: readonly (readonly [before: number, text: string, firstMs: number])[];
  /** Frames whose order is in doubt, in the order so far, with the votes of other generators' subscribers. */
  readonly disorders: readonly ProposedDisorder[];
  /** Of the frames that only one of its subscribers received, those that were due to others elsewhere. */
  readonly compared: number;
  readonly isEnd: boolean;
}
