/** A follower's surroundings without any process: a stream, and what is known of the command log. */
import type { Follower } from "./follower.js";
import type { FollowerHost } from "./host.js";
import { type BatchKey, type ExpectedBatch, ExpectedStream, type PlannedBatch, compareKeys } from "./stream.js";

/** Knows the log up to `knownMs`, and nothing of latencies. */
export class StreamOracle implements FollowerHost {
  readonly stream = new ExpectedStream();
  readonly learning: boolean = false;
  knownMs = Infinity;
  readonly nowMs = () => 1000;
  readonly knownAt = (atMs: number) => atMs <= this.knownMs;
  readonly isBefore = (a: BatchKey, b: BatchKey) => compareKeys(a, b) < 0;
  readonly isReference: FollowerHost["isReference"] = () => true;
  readonly learn: FollowerHost["learn"] = () => undefined;
  learnBefore(_following: ExpectedBatch, _text: string): ExpectedBatch {
    throw new Error("the stream is regenerated");
  }
  holds(): void {}
  releases(): void {}
  delivered(_follower: Follower, _batch: ExpectedBatch): void {}
  completed(): void {}
  corrupted(): void {}
  unexpected(): void {}
  lost(): void {}
  found(): void {}
  passed(_batch: ExpectedBatch): void {}
  greeted(): void {}
}

export function tick(number: number, ...texts: string[]): PlannedBatch {
  return { tick: number, sequence: 0, intendedMs: number * 10, texts };
}
