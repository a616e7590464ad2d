/**
 * Follows one subscriber along the expected stream.
 *
 * The fast path (bytes equal to the next expected ones) never comes here frame by frame: the thin
 * subscriber asks for `batch` and `item` itself and tells how far it got. Everything else does. A frame
 * that does not fit is held, with its arrival, until the command log is known up to that instant (a late
 * command explains much) and until the stream is found again (three frames in a row); only then the
 * stretch is judged.
 *
 * Invariant: frames are judged exactly once, in order of arrival, whatever they waited for.
 */
import { DeliveryTracker, type Divergence } from "./delivery-tracker.js";
import { sameMeaning } from "./content.js";
import { Cursor } from "./cursor.js";
import { PendingFrames } from "./pending-frames.js";
import type { MatcherHost } from "./matcher-host.js";
import { SubscriptionStart } from "./subscription-start.js";
import type { DeliveryCounts } from "./delivery-counts.js";
import type { PendingFrame } from "./stream-search.js";
import type { BatchKey, ExpectedBatch, Place, Stretch } from "./stream.js";

const heldMax = 2048;

export class StreamMatcher extends Cursor {
  readonly id: number;
  /** Skipped updates are allowed: it reads slowly on purpose. */
  readonly slow: boolean;
  readonly counts: DeliveryCounts;
  joined = false;
  ended = false;
  /** The connection was lost: what came to others since says nothing of them. */
  isCutOff = false;
  /** Sum and count of latencies, for fairness between subscribers. */
  latencySumMs = 0;
  latencyCount = 0;
  latencyMaxMs = 0;
  /** The next expected item has arrived in part. */
  #isInItem = false;
  #held: PendingFrames | undefined;
  /** Where the subscription began; what was inserted before went to others. No batch: it would hold all later ones. */
  #first: BatchKey | undefined;
  /** Where it ended. */
  #last: (BatchKey & { readonly item: number }) | undefined;
  readonly #start: SubscriptionStart;
  readonly #tracker: DeliveryTracker;
  readonly #host: MatcherHost;

  constructor(id: number, host: MatcherHost, slow: boolean) {
    super();
    this.id = id;
    this.slow = slow;
    this.#host = host;
    this.#start = new SubscriptionStart(host);
    this.#tracker = new DeliveryTracker(this, host);
    this.counts = this.#tracker.counts;
  }

  get divergence(): Divergence | undefined {
    return this.#tracker.divergence;
  }

  /** True while frames wait for judgement; then every frame has to come through `frame`. */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** True once everything that is owed has been judged. */
  get isDone(): boolean {
    if (!this.#host.stream.closed || this.holding) return false;
    return this.joined ? this.isPastEnd : this.#start.anchor?.isOwed !== true;
  }

  /** The stream is closed, and nothing that lies ahead is owed. */
  get isPastEnd(): boolean {
    return this.#host.stream.closed && (!this.settle() || this.batch?.isOwed === false);
  }

  /** The server accepted the subscription: what is meant to leave from now on has to arrive. */
  connected(atMs: number): void {
    this.#start.connected(atMs);
  }

  /**
   * The fast path: bytes of the batch have arrived and fit, up to `end`.
   * Returns how many of them belong to the item that is not complete yet.
   */
  arrived(batch: ExpectedBatch, end: number, atMs: number): number {
    const { ends } = batch.wire;
    let { item } = this;
    if (end === ends[ends.length - 1]) item = ends.length;
    else while (ends[item] <= end) item += 1;
    const count = item - this.item;
    if (count > 0 && batch.isOwed) {
      this.counts.received += count;
      this.#host.delivered(this, batch, this.item, count, atMs);
      if (item === ends.length) this.#tracker.completed(batch, atMs);
    }
    this.item = item;
    const rest = item === 0 ? end : end - ends[item - 1];
    this.#isInItem = rest > 0;
    return rest;
  }

  /** One frame that the fast path did not take. */
  frame(text: string, atMs: number): void {
    if (this.ended) return;
    this.#isInItem = false;
    if (this.#held === undefined && this.joined && this.settle() && this.batch?.texts[this.item] === text) {
      this.#accept(atMs);
      return;
    }
    if (this.#held === undefined && this.#learnsAtEnd()) {
      this.#learnAtEnd({ text, atMs });
      return;
    }
    if (this.#held === undefined) {
      this.#held = new PendingFrames();
      this.#host.holds(this);
    }
    const held = this.#held;
    held.add({ text, atMs });
    if (held.frames.length === 1 || !this.joined || held.isFull || this.#host.knownAt(held.frames[0].atMs))
      this.#judgeHeld();
  }

  /** Judges held frames as far as they can be, all of them anew. Called when the command log is known further. */
  judge(): void {
    this.#held?.lookAgain();
    this.#judgeHeld();
  }

  /** The run is over, or the connection: judges the rest and counts what never came. */
  finish(): void {
    if (this.ended) return;
    if (!this.joined) this.#join(true);
    if (this.joined) this.#acceptHeld();
    else this.moveToStart(this.#start.anchor);
    const rest = this.joined ? (this.#held?.frames.splice(0) ?? []) : [];
    const window = this.ahead(this.#host.stream, Infinity);
    this.#judgeStretch(rest, window, window.places.length);
    this.#end();
  }

  /** On a learned stream: everybody has passed the batches before this tick, so that it is known what belongs to it. */
  settleUpTo(beforeTick: number): void {
    this.#tracker.settle(beforeTick);
  }

  /** See `DeliveryTracker.retract`. */
  retract(batch: ExpectedBatch, kind: "duplicated" | "unexpected"): void {
    this.#tracker.retract(batch, kind);
  }

  /** See `DeliveryTracker.displace`. */
  displace(batch: ExpectedBatch): void {
    this.#tracker.displace(batch);
  }

  /** See `DeliveryTracker.unskip`. */
  unskip(batch: ExpectedBatch): void {
    this.#tracker.unskip(batch);
  }

  /** It was there when others received the batch of a learned stream, and went on without it. */
  hasSkipped(batch: ExpectedBatch): boolean {
    return this.#tracker.hasSkipped(batch);
  }

  /** Whether it received a batch of a learned stream that is not settled yet. */
  received(batch: ExpectedBatch): boolean {
    if (this.#first === undefined || this.#host.isBefore(batch, this.#first)) return false;
    const end = this.#last ?? this.#position();
    if (end === undefined || this.#host.isBefore(end, batch)) return false;
    return (end.item > 0 || this.#host.isBefore(batch, end)) && !this.hasSkipped(batch);
  }

  /** It has passed all batches of a learned stream before this tick; `Infinity` once it has ended. */
  get passedTick(): number {
    return this.ended ? Infinity : (this.batch?.tick ?? Infinity);
  }

  /** Ends by plan: nothing after the last accepted frame is owed. */
  leave(): void {
    if (this.joined) this.#acceptHeld();
    this.#end();
  }

  /** From a place on a batch is new to the stream; this subscriber may have passed it. */
  inserted({ batch, item }: Place): void {
    if (!this.joined || this.ended || this.batch === undefined) return;
    if (this.batch === batch.next && this.item === 0 && !this.#isInItem) {
      this.batch = batch;
      this.item = item;
      return;
    }
    const isOwed = this.#first === undefined || !this.#host.isBefore(batch, this.#first);
    if (!isOwed || !this.#host.isBefore(batch, this.batch)) return;
    if (this.#host.learning) this.#host.passed(batch);
    this.#tracker.skip({ batch, item });
  }

  /** Closes the account, and lets go of the stream. */
  #end(): void {
    this.#last = this.#position();
    this.#tracker.close();
    this.ended = true;
    this.#host.releases(this);
    this.#held = undefined;
    this.#start.end();
    this.moveToStart(undefined);
  }

  #position(): (BatchKey & { readonly item: number }) | undefined {
    const { batch, item } = this;
    return batch && { tick: batch.tick, sequence: batch.sequence, item };
  }

  #beginAt({ tick, sequence }: BatchKey): void {
    this.#first = { tick, sequence };
    this.#start.end();
  }

  #judgeHeld(): void {
    if (!this.joined && !this.#join()) return this.#dropFirst();
    for (;;) {
      this.#acceptHeld();
      const held = this.#held;
      if (held === undefined || held.frames.length === 0) {
        this.#held = undefined;
        this.#host.releases(this);
        return;
      }
      const { length } = held.frames;
      if (!held.isFull && !this.#host.knownAt(held.frames[0].atMs)) return;
      const found = held.findResync((itemsMax) => this.ahead(this.#host.stream, itemsMax));
      if (found === undefined && length < heldMax && !held.isFull) return;
      const { window, row, column } = found ?? {
        window: this.ahead(this.#host.stream, length),
        row: length,
        column: length,
      };
      this.#judgeStretch(held.take(row), window, column);
    }
  }

  /** Frames that are too long to be kept prove no place: nobody foretold them. */
  #dropFirst(): void {
    const held = this.#held;
    if (held?.isFull === true) this.#tracker.judge(held.take(held.frames.length), [], [], undefined);
  }

  /** Counts what is right and wrong with frames that came for the window's first `count` items, and moves behind those. */
  #judgeStretch(received: readonly PendingFrame[], { places, texts }: Stretch, count: number): void {
    const expected = places.slice(0, count);
    this.#tracker.judge(received, expected, texts.slice(0, count), places[count]);
    const [last, next] = [expected.at(-1), places[count]];
    // What was learned in the stretch lies behind its last item, and was received.
    if (next !== undefined) this.moveTo(next);
    else if (last !== undefined) this.moveBehind(last);
  }

  #accept(atMs: number): void {
    const batch = this.batch as ExpectedBatch;
    this.#tracker.take({ batch, item: this.item }, atMs);
    this.item += 1;
  }

  #acceptHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    const { frames } = held;
    let taken = 0;
    while (taken < frames.length && this.settle()) {
      const { text, atMs } = frames[taken];
      const batch = this.batch as ExpectedBatch;
      const expected = batch.texts[this.item];
      if (expected !== text) {
        if (expected.length === 0 || !sameMeaning(expected, text)) break;
        batch.learn(this.item, text);
        this.#host.stream.version += 1;
      }
      this.#accept(atMs);
      taken += 1;
    }
    held.take(taken);
    if (this.isPastEnd) frames.length = 0;
    while (frames.length > 0 && this.#learnsAtEnd()) this.#learnAtEnd(held.take(1)[0]);
  }

  #learnsAtEnd(): boolean {
    return this.#host.learning && !this.#host.stream.closed && this.joined && !this.settle();
  }

  /** On a server whose stream nobody can regenerate, the first copy of a frame is the reference. */
  #learnAtEnd({ text, atMs }: PendingFrame): void {
    const batch = this.#host.learn(text);
    if (batch === undefined) return;
    if (this.#first === undefined) this.#beginAt(batch);
    this.moveToStart(batch);
    this.#accept(atMs);
  }

  /** Finds the place of the first frames in the stream. */
  #join(atEnd = false): boolean {
    const beginning = this.#start.find(this.#held?.frames ?? [], atEnd);
    if (beginning === undefined) return false;
    const { batch, item, greetings } = beginning;
    this.joined = true;
    for (const { text } of this.#held?.take(greetings) ?? []) this.#host.greeted(text);
    this.batch = batch;
    this.item = item;
    if (batch !== undefined) this.#beginAt(batch);
    return true;
  }
}
