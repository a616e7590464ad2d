/** A follower's surroundings without any process: a stream, and what is known of the command log. */
import { LearnedStream } from "../generator/learned-stream.js";
import { Follower } from "./stream-matcher.js";
import type { FollowerHost } from "./matcher-host.js";
import { type BatchKey, type ExpectedBatch, ExpectedStream, type PlannedBatch, compareKeys } from "./stream.js";

/** Knows the log up to `knownMs`, and nothing of latencies. */
export class StreamOracle implements FollowerHost {
  readonly stream = new ExpectedStream();
  readonly learning: boolean = false;
  knownMs = Infinity;
  readonly nowMs: () => number = () => 1000;
  readonly knownAt: FollowerHost["knownAt"] = (atMs) => atMs <= this.knownMs;
  readonly isBefore = (a: BatchKey, b: BatchKey) => compareKeys(a, b) < 0;
  readonly isReference: FollowerHost["isReference"] = () => true;
  readonly learn: FollowerHost["learn"] = () => undefined;
  learnBefore(_following: ExpectedBatch, _text: string): ExpectedBatch {
    throw new Error("the stream is regenerated");
  }
  holds(_follower: Follower): void {}
  releases(_follower: Follower): void {}
  delivered(_follower: Follower, _batch: ExpectedBatch, _from?: number, _count?: number, _atMs?: number): void {}
  completed(): void {}
  corrupted(): void {}
  unexpected(): void {}
  duplicated(): void {}
  reordered(): void {}
  lost(): void {}
  found(): void {}
  passed(_batch: ExpectedBatch): void {}
  greeted(): void {}
}

/** Learns the stream from its followers. What they are shown is looked at again at once, unless `nowMs` is held back. */
export class LearningOracle extends StreamOracle {
  override readonly learning = true;
  readonly followers: readonly Follower[];
  readonly held = new Set<Follower>();
  readonly #learned = new LearnedStream(this.stream);
  override readonly isReference = (batch: ExpectedBatch) => this.#learned.isReference(batch);
  override readonly learn = (text: string) => this.#learned.append(text);

  constructor(subscribers = 3) {
    super();
    this.followers = Array.from({ length: subscribers }, (_, id) => new Follower(id, this, false));
    for (const follower of this.followers) follower.connected(-1);
  }

  override learnBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    const batch = this.#learned.insertBefore(following, text);
    for (const follower of this.followers) follower.inserted({ batch, item: 0 });
    return batch;
  }

  override passed(batch: ExpectedBatch): void {
    this.#learned.passed(batch);
  }

  override delivered(follower: Follower, batch: ExpectedBatch, _from = 0, _count = 1, atMs = 0): void {
    batch.firstMs = Math.min(batch.firstMs, atMs);
    batch.taken += 1;
    this.#learned.taken(batch, follower, this.followers.length);
  }

  override holds(follower: Follower): void {
    this.held.add(follower);
  }

  override releases(follower: Follower): void {
    this.held.delete(follower);
  }

  finish(): void {
    for (const follower of this.followers) follower.finish();
    for (const follower of this.followers) follower.closeAccount();
    for (const [follower, batch, kind] of this.#learned.accidents()) follower.retract(batch, kind);
  }
}

export function tick(number: number, ...texts: string[]): PlannedBatch {
  return { tick: number, sequence: 0, intendedMs: number * 10, texts };
}
