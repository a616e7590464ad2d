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
import { Account, type Divergence } from "./account.js";
import { sameMeaning } from "./content.js";
import { Cursor } from "./cursor.js";
import { HeldFrames } from "./held-frames.js";
import type { FollowerHost } from "./host.js";
import type { Ledger } from "./ledger.js";
import { type HeldFrame, findFirstAfter, findPlaces, instantOf, resyncFrames } from "./places.js";
import type { BatchKey, ExpectedBatch, Place, Stretch } from "./stream.js";

const heldMax = 2048;
/** A subscriber whose first frames fit nowhere waits this long for others that know them. */
const joinPatienceMs = 1000;
/** Frames beyond those that prove a place, to tell two places apart. */
const furtherFrames = 5;

export class Follower extends Cursor {
  readonly id: number;
  /** Skipped updates are allowed: it reads slowly on purpose. */
  readonly slow: boolean;
  readonly ledger: Ledger;
  joined = false;
  ended = false;
  /** The connection was lost: what came to others since says nothing of them. */
  isCutOff = false;
  /** Sum and count of latencies, for fairness between subscribers. */
  latencySumMs = 0;
  latencyCount = 0;
  latencyMaxMs = 0;
  #connectedMs = Infinity;
  /** The next expected item has arrived in part. */
  #isInItem = false;
  /** The first batch that was meant to leave after the connection, once it is known. */
  #anchor: ExpectedBatch | undefined;
  #held: HeldFrames | undefined;
  /** Where the subscription began; what was inserted before went to others. No batch: it would hold all later ones. */
  #first: BatchKey | undefined;
  readonly #account: Account;
  readonly #host: FollowerHost;

  constructor(id: number, host: FollowerHost, slow: boolean) {
    super();
    this.id = id;
    this.slow = slow;
    this.#host = host;
    this.#account = new Account(this, host);
    this.ledger = this.#account.ledger;
  }

  get divergence(): Divergence | undefined {
    return this.#account.divergence;
  }

  /** True while frames wait for judgement; then every frame has to come through `frame`. */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** True once everything that is owed has been judged. */
  get isDone(): boolean {
    if (!this.#host.stream.closed || this.holding) return false;
    return this.joined ? this.isPastEnd : this.#findAnchor()?.isOwed !== true;
  }

  /** The stream is closed, and nothing that lies ahead is owed. */
  get isPastEnd(): boolean {
    return this.#host.stream.closed && (!this.settle() || this.batch?.isOwed === false);
  }

  /** The server accepted the subscription: what is meant to leave from now on has to arrive. */
  connected(atMs: number): void {
    this.#connectedMs = atMs;
    this.#anchor = this.#findAnchor();
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
      this.ledger.received += count;
      this.#host.delivered(this, batch, this.item, count, atMs);
      if (item === ends.length) this.#account.completed(batch, atMs);
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
      this.#held = new HeldFrames();
      this.#host.holds(this);
    }
    const { frames } = this.#held;
    frames.push({ text, atMs });
    if (frames.length === 1 || !this.joined || this.#host.knownAt(frames[0].atMs)) this.#judgeHeld();
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
    else this.moveToStart(this.#findAnchor());
    const rest = this.joined ? (this.#held?.frames.splice(0) ?? []) : [];
    const window = this.ahead(this.#host.stream, Infinity);
    this.#judgeStretch(rest, window, window.places.length);
    this.#end();
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
    this.#account.skip({ batch, item });
  }

  /** Closes the account, and lets go of the stream. */
  #end(): void {
    this.#account.close();
    this.ended = true;
    this.#host.releases(this);
    this.#held = undefined;
    this.#anchor = undefined;
    this.moveToStart(undefined);
  }

  #beginAt({ tick, sequence }: BatchKey): void {
    this.#first = { tick, sequence };
    this.#anchor = undefined;
  }

  #judgeHeld(): void {
    if (!this.joined && !this.#join()) return;
    for (;;) {
      this.#acceptHeld();
      const held = this.#held;
      if (held === undefined || held.frames.length === 0) {
        this.#held = undefined;
        this.#host.releases(this);
        return;
      }
      const { length } = held.frames;
      if (!this.#host.knownAt(held.frames[0].atMs)) return;
      const found = held.findResync((itemsMax) => this.ahead(this.#host.stream, itemsMax));
      if (found === undefined && length < heldMax) return;
      const { window, row, column } = found ?? {
        window: this.ahead(this.#host.stream, length),
        row: length,
        column: length,
      };
      this.#judgeStretch(held.take(row), window, column);
    }
  }

  /** Counts what is right and wrong with frames that came for the window's first `count` items, and moves behind those. */
  #judgeStretch(received: readonly HeldFrame[], { places, texts }: Stretch, count: number): void {
    const expected = places.slice(0, count);
    this.#account.judge(received, expected, texts.slice(0, count), places[count]);
    const last = expected.at(-1);
    if (last !== undefined) this.moveBehind(last);
  }

  #accept(atMs: number): void {
    const batch = this.batch as ExpectedBatch;
    this.#account.take({ batch, item: this.item }, atMs);
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
    while (frames.length > 0 && this.#learnsAtEnd()) this.#learnAtEnd(frames.splice(0, 1)[0]);
  }

  #learnsAtEnd(): boolean {
    return this.#host.learning && !this.#host.stream.closed && this.joined && !this.settle();
  }

  /** On a server whose stream nobody can regenerate, the first copy of a frame is the reference. */
  #learnAtEnd({ text, atMs }: HeldFrame): void {
    const batch = this.#host.learn(text);
    if (batch === undefined) return;
    if (this.#first === undefined) this.#beginAt(batch);
    this.moveToStart(batch);
    this.#accept(atMs);
  }

  #findAnchor(): ExpectedBatch | undefined {
    return this.#anchor ?? findFirstAfter(this.#host.stream.recent, this.#connectedMs);
  }

  /** Finds the place of the first frames in the stream. */
  #join(atEnd = false): boolean {
    const held = this.#held?.frames ?? [];
    if (held.length === 0) return false;
    const recent = this.#candidates();
    for (let skip = 0; skip < held.length; skip += 1) {
      const frames = held.slice(skip, skip + resyncFrames + furtherFrames);
      const places = findPlaces(recent, frames);
      if (places.length === 0 && (atEnd || this.#host.knownAt(held[skip].atMs))) continue;
      if (places.length === 1 && !atEnd && this.#isTooLittle(places[0], frames.length)) return false;
      if (places.length !== 1 && !atEnd) return this.#joinAsFirst(held[0].atMs);
      if (places.length === 0) continue;
      this.#start(places[places.length - 1], skip);
      return true;
    }
    return this.#joinAsFirst(held[0].atMs);
  }

  /** Where the subscription may begin: a learned stream tells when others had a frame, and not long before this one. */
  #candidates(): readonly ExpectedBatch[] {
    const { learning, stream } = this.#host;
    if (!learning) return stream.recent;
    const fromMs = this.#connectedMs - joinPatienceMs;
    return stream.recent.filter((batch) => !(instantOf(batch) < fromMs));
  }

  /**
   * What one server tells each newcomer alone stands in a learned stream already, learned from another: a frame or
   * two prove a place only where nobody has come further.
   */
  #isTooLittle({ batch, item }: Place, frames: number): boolean {
    if (!this.#host.learning || frames >= resyncFrames) return false;
    let left = batch.size - item;
    for (let next = batch.next; left <= frames && next !== undefined; next = next.next) left += next.size;
    return left > frames;
  }

  /** Nobody else receives anything: this subscriber's copy founds the reference. */
  #joinAsFirst(firstMs: number): boolean {
    if (!this.#host.learning) return false;
    const { stream } = this.#host;
    if (stream.tail !== undefined && this.#host.nowMs() - firstMs < joinPatienceMs) return false;
    this.joined = true;
    this.batch = stream.tail;
    this.item = this.batch?.size ?? 0;
    if (this.batch !== undefined) this.#beginAt(this.batch);
    return true;
  }

  #start(place: Place, skippedFrames: number): void {
    this.joined = true;
    const batch = this.#host.learning
      ? this.#startLearned(place, skippedFrames)
      : this.#startOwed(place, skippedFrames);
    this.moveToStart(batch);
    this.#beginAt(batch);
  }

  /** A tick is one batch: whoever received part of it, or is connected since before it, is owed all of it. */
  #startOwed({ batch, item }: Place, skippedFrames: number): ExpectedBatch {
    let before = item;
    while (before < skippedFrames && batch.previous !== undefined) {
      batch = batch.previous;
      before += batch.size;
    }
    const anchor = this.#findAnchor();
    return anchor !== undefined && this.#host.isBefore(anchor, batch) ? anchor : batch;
  }

  /** Where nobody can regenerate the stream, what came before the place was told this subscriber alone. */
  #startLearned({ batch }: Place, skippedFrames: number): ExpectedBatch {
    for (const { text } of this.#held?.take(skippedFrames) ?? []) this.#host.greeted(text);
    return batch;
  }
}
