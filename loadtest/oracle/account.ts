/**
 * What became of everything that one subscriber was owed: counts it, and keeps where it left the stream first.
 *
 * Invariant: what was counted as lost and comes after all is counted again, as reordered.
 */
import { align } from "./alignment.js";
import { isReplaced } from "./conflation.js";
import type { Follower } from "./follower.js";
import type { FollowerHost } from "./host.js";
import { type FaultKind, type Ledger, createLedger } from "./ledger.js";
import type { HeldFrame } from "./places.js";
import type { ExpectedBatch, Place } from "./stream.js";

/** What was seen first where a subscriber left the stream. */
export interface Divergence {
  readonly kind: FaultKind;
  readonly tick: number;
  readonly expected: string;
  readonly received: string;
  readonly atMs: number;
}

const lookBackBatchesMax = 64;
const lostMax = 256;

export class Account {
  readonly ledger: Ledger = createLedger();
  divergence: Divergence | undefined;
  readonly #follower: Follower;
  readonly #host: FollowerHost;
  /** Batches that were inserted behind the subscriber, or passed by it: from which item on. */
  #skipped: Map<ExpectedBatch, number> | undefined;
  /** The last frames counted as lost: they may only be late. */
  #lost: Map<string, Place> | undefined;

  constructor(follower: Follower, host: FollowerHost) {
    this.#follower = follower;
    this.#host = host;
  }

  /** An expected item has arrived. */
  take({ batch, item }: Place, atMs: number): void {
    if (!batch.isOwed) return;
    this.ledger.received += 1;
    this.#host.delivered(this.#follower, batch, item, 1, atMs);
    if (item === batch.size - 1) this.completed(batch, atMs);
  }

  /** A planned slow reader does not make a tick late. */
  completed(batch: ExpectedBatch, atMs: number): void {
    if (!this.#follower.slow) this.#host.completed(batch, atMs);
  }

  /** The subscriber has gone past what may still come: a batch from an item on. */
  skip({ batch, item }: Place): void {
    (this.#skipped ??= new Map()).set(batch, item);
  }

  /** What was skipped and is still part of the stream never came. */
  close(): void {
    for (const [batch, from] of this.#skipped ?? []) if (!batch.removed) this.#lose(batch, from, batch.size);
    this.#skipped = undefined;
    this.#lost = undefined;
  }

  /**
   * Counts what is right and wrong with a stretch: the frames that came and the items expected in their place.
   * `next` is the item that the subscriber goes on with, if one is known.
   */
  judge(
    received: readonly HeldFrame[],
    expected: readonly Place[],
    wanted: readonly string[],
    next: Place | undefined,
  ): void {
    const texts = received.map(({ text }) => text);
    const result = align(texts, wanted, (text) => this.#isRepeat(text));
    for (const [row, column] of result.inOrder) this.take(expected[column], received[row].atMs);
    for (const [row, column] of result.reordered) {
      this.take(expected[column], received[row].atMs);
      this.#reordered(expected[column], received[row]);
    }
    for (const [row, column] of result.replaced) this.#replaced(expected[column], wanted[column], received[row]);
    for (const row of result.extra) this.#extra(received[row], expected[0] ?? next);
    for (const column of result.missing) this.#missing(expected[column]);
  }

  #reordered(place: Place, received: HeldFrame): void {
    if (!place.batch.isOwed) return;
    this.ledger.reordered += 1;
    this.#diverges("reordered", place, received.text, received);
  }

  #replaced(place: Place, expected: string, received: HeldFrame): void {
    if (this.#host.learning) {
      this.#extra(received, place);
      this.#missing(place);
      return;
    }
    if (!place.batch.isOwed) return;
    this.ledger.corrupted += 1;
    this.#host.corrupted(expected, received.text);
    this.#diverges("corrupted", place, expected, received);
    if (place.item === place.batch.size - 1) this.completed(place.batch, received.atMs);
  }

  #extra(received: HeldFrame, place: Place | undefined): void {
    if (this.#arrivedLate(received) || this.#foundAfterAll(received)) return;
    if (place === undefined ? this.#follower.isPastEnd : !place.batch.isOwed) return;
    const repeat = this.#isRepeat(received.text);
    if (!repeat && this.#host.learning && place !== undefined) {
      this.#learnBefore(place.batch, received);
      return;
    }
    const kind = repeat ? "duplicated" : "unexpected";
    this.ledger[kind] += 1;
    if (!repeat) this.#host.unexpected(received.text);
    this.#diverges(kind, place ?? this.#here(), "", received);
  }

  /** The first copy of the stream lacks this frame: it becomes part of it, received by this subscriber. */
  #learnBefore(following: ExpectedBatch, { text, atMs }: HeldFrame): void {
    const batch = this.#host.learnBefore(following, text);
    const follower = this.#follower;
    const isNext = follower.batch === batch.previous && follower.item === batch.previous?.size;
    if (isNext || follower.batch === batch) follower.moveBehind({ batch, item: 0 });
    this.#skipped?.delete(batch);
    this.take({ batch, item: 0 }, atMs);
  }

  /** A frame of a batch that was counted as passed arrives after all, later than it should. */
  #arrivedLate({ text, atMs }: HeldFrame): boolean {
    for (const [batch, from] of this.#skipped ?? []) {
      const item = batch.removed ? -1 : batch.texts.indexOf(text, from);
      if (item < 0) continue;
      this.#skipped?.delete(batch);
      this.#lose(batch, from, item);
      this.#lose(batch, item + 1, batch.size);
      this.take({ batch, item }, atMs);
      this.#reordered({ batch, item }, { text, atMs });
      return true;
    }
    return false;
  }

  /** A frame that was counted as lost arrives later than the stretch that it was missing from. */
  #foundAfterAll(received: HeldFrame): boolean {
    const place = this.#lost?.get(received.text);
    if (place === undefined) return false;
    this.#lost?.delete(received.text);
    this.ledger.lost -= 1;
    this.#host.found(received.text);
    this.take(place, received.atMs);
    this.#reordered(place, received);
    return true;
  }

  #missing({ batch, item }: Place): void {
    if (this.#host.learning) {
      this.#host.passed(batch);
      this.skip({ batch, item });
      return;
    }
    this.#lose(batch, item, item + 1);
  }

  #lose(batch: ExpectedBatch, from: number, to: number): void {
    if (!batch.isOwed) return;
    for (let item = from; item < to; item += 1) {
      if (this.#follower.slow && isReplaced(batch, item)) {
        this.ledger.conflated += 1;
        continue;
      }
      if (this.#host.learning && !this.#host.isReference(batch)) continue;
      this.ledger.lost += 1;
      this.#host.lost(batch.texts[item]);
      this.#lost ??= new Map();
      if (this.#lost.size < lostMax) this.#lost.set(batch.texts[item], { batch, item });
      this.#diverges("lost", { batch, item }, batch.texts[item], undefined);
    }
  }

  /** Whether this content was already received lately. */
  #isRepeat(text: string): boolean {
    let { batch, item: end } = this.#follower;
    for (let back = 0; batch !== undefined && back < lookBackBatchesMax; back += 1) {
      const received = Math.min(end, this.#skipped?.get(batch) ?? end);
      if (received > 0 && batch.texts.lastIndexOf(text, received - 1) >= 0) return true;
      batch = batch.previous;
      end = batch?.size ?? 0;
    }
    return false;
  }

  #here(): Place | undefined {
    const { batch, item } = this.#follower;
    return batch === undefined ? undefined : { batch, item };
  }

  #diverges(kind: FaultKind, place: Place | undefined, expected: string, received: HeldFrame | undefined): void {
    this.divergence ??= {
      kind,
      tick: place?.batch.tick ?? 0,
      expected,
      received: received?.text ?? "",
      atMs: received?.atMs ?? this.#host.nowMs(),
    };
  }
}
