/** What the oracle tells those who judge: the stream as it is planned, and as it turns out. Plain data. */
import type { BatchKey, PlannedBatch } from "./stream.js";

export type StreamUpdate =
  | { readonly type: "batches"; readonly batches: readonly PlannedBatch[] }
  | { readonly type: "amend"; readonly batches: readonly PlannedBatch[]; readonly removed: readonly BatchKey[] }
  /** Ticks that are due at other instants than was said before. */
  | { readonly type: "retime"; readonly instants: readonly (readonly [tick: number, intendedMs: number])[] }
  /** The command log is known up to this instant. */
  | { readonly type: "known"; readonly atMs: number };
