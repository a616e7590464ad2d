/**
 * What has become of a delivery: the answer of a matcher, which counts it for its subscriber. Whoever asked adds up the
 * answers of all.
 */
import type { ExpectedBatch } from "./expected-batch.js";

export type FaultKind = "lost" | "duplicated" | "reordered" | "corrupted" | "unexpected";

export type DeliveryResult =
  | { readonly kind: "delivered"; readonly batch: ExpectedBatch; readonly item: number; readonly atMs: number }
  /** `atMs`: when it arrived; of what was lost when it was meant to leave. */
  | { readonly kind: Exclude<FaultKind, "corrupted">; readonly text: string; readonly atMs: number }
  | { readonly kind: "corrupted"; readonly expected: string; readonly text: string; readonly atMs: number }
  /** Was counted as lost, and came after all: it is delivered, too. */
  | { readonly kind: "found"; readonly text: string; readonly atMs: number }
  /** Was counted as delivered, and is no part of the learned stream. */
  | { readonly kind: "retracted"; readonly text: string; readonly atMs: number }
  /** A newcomer was told this before it was told what all are told: its content counts, and nothing else of it. */
  | { readonly kind: "greeting"; readonly text: string }
  /** Has become part of the learned stream. `isInserted`: other subscribers may have passed its place. */
  | { readonly kind: "learned"; readonly batch: ExpectedBatch; readonly isInserted: boolean };

/** Nothing has been decided. */
export const noResults: readonly DeliveryResult[] = [];
