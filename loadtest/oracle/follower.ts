/**
 * Follows one subscriber along the expected stream and keeps its accounts.
 *
 * The fast path (bytes equal to the next expected ones) never comes here frame by frame: the thin
 * subscriber moves `batch` and `item` itself. Everything else does. A frame that does not fit is held,
 * with its arrival, until the command log is known up to that instant (a late command explains much)
 * and until the stream is found again (three frames in a row); only then the stretch is judged.
 *
 * Invariant: frames are judged exactly once, in order of arrival, whatever they waited for.
 */
import { align } from "./alignment.js";
import { sameMeaning } from "./content.js";
import type { FollowerHost } from "./host.js";
import { type FaultKind, type Ledger, createLedger } from "./ledger.js";
import { type HeldFrame, findPlaces, findRun, instantOf, resyncFrames } from "./places.js";
import type { ExpectedBatch, Place, Stretch } from "./stream.js";

/** What was seen first where a subscriber left the stream. */
export interface Divergence {
  readonly kind: FaultKind;
  readonly tick: number;
  readonly expected: string;
  readonly received: string;
  readonly atMs: number;
}

/** The stream is looked for a little further ahead than frames are held; far ahead only now and then. */
const lookAheadItemsMin = 128;
const lookAheadItemsMax = 4096;
const framesBetweenFarLooks = 64;
const lookBackBatchesMax = 64;
const heldMax = 2048;
const lostMax = 256;
/** A subscriber whose first frames fit nowhere waits this long for others that know them. */
const joinPatienceMs = 1000;

const nothing: Stretch = { places: [], texts: [], columns: new Map() };

export class Follower {
  readonly id: number;
  /** Skipped updates are allowed: it reads slowly on purpose. */
  readonly slow: boolean;
  readonly ledger: Ledger = createLedger();
  /** The batch of the last accepted or next expected item. */
  batch: ExpectedBatch | undefined;
  /** Next expected item of the batch; its size once the batch is done. */
  item = 0;
  joined = false;
  ended = false;
  divergence: Divergence | undefined;
  /** Sum and count of latencies, for fairness between subscribers. */
  latencySumMs = 0;
  latencyCount = 0;
  latencyMaxMs = 0;
  #connectedMs = Infinity;
  #anchor: ExpectedBatch | undefined;
  #held: HeldFrame[] | undefined;
  /** Held frames before this one were looked for in the stream in vain. */
  #lookedAt = 0;
  /** The batch that the subscription began with; what was inserted before it went to others. */
  #first: ExpectedBatch | undefined;
  /** Batches that were inserted behind this subscriber, or passed by it. */
  #skipped: Set<ExpectedBatch> | undefined;
  /** The last frames counted as lost: they may only be late. */
  #lost: Map<string, Place> | undefined;
  readonly #host: FollowerHost;

  constructor(id: number, host: FollowerHost, slow: boolean) {
    this.id = id;
    this.slow = slow;
    this.#host = host;
  }

  /** True while frames wait for judgement; then every frame has to come through `frame`. */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** True once everything that is owed has been judged. */
  get isDone(): boolean {
    if (!this.#host.stream.closed || this.holding) return false;
    return this.joined ? this.#isPastEnd() : this.#findAnchor()?.isOwed !== true;
  }

  /** The server accepted the subscription: what is meant to leave from now on has to arrive. */
  connected(atMs: number): void {
    this.#connectedMs = atMs;
    this.#anchor = this.#findAnchor();
  }

  /** The first batch that was meant to leave after the connection. */
  #findAnchor(): ExpectedBatch | undefined {
    if (this.#anchor !== undefined) return this.#anchor;
    const { recent } = this.#host.stream;
    let place = recent.length;
    while (place > 0 && !(instantOf(recent[place - 1]) < this.#connectedMs)) place -= 1;
    return recent[place];
  }

  #isPastEnd(): boolean {
    return this.#host.stream.closed && (!this.settle() || this.batch?.isOwed === false);
  }

  /** Steps into the next batch once one is there. False at the end of what is known. */
  settle(): boolean {
    if (this.batch?.removed === true) this.#stepBack();
    let { batch } = this;
    while (batch !== undefined && (this.item >= batch.size || batch.removed)) {
      if (batch.next === undefined) return false;
      batch = batch.next;
      this.batch = batch;
      this.item = 0;
    }
    return batch !== undefined;
  }

  /** The batch was taken out of the stream: what comes next is known to the one before. */
  #stepBack(): void {
    let { batch } = this;
    while (batch?.removed === true && batch.previous !== undefined) batch = batch.previous;
    if (batch === undefined || batch.removed) return;
    this.batch = batch;
    this.item = batch.size;
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
      if (item === ends.length) this.#completed(batch, atMs);
    }
    this.item = item;
    return item === 0 ? end : end - ends[item - 1];
  }

  /** One frame that the fast path did not take. */
  frame(text: string, atMs: number): void {
    if (this.ended) return;
    if (this.#held === undefined && this.joined && this.settle() && this.batch?.texts[this.item] === text) {
      this.#accept(atMs);
      return;
    }
    if (this.#held === undefined && this.#learnsAtEnd()) {
      this.#learnAtEnd(text, atMs);
      return;
    }
    if (this.#held === undefined) {
      this.#held = [];
      this.#host.holds(this);
    }
    this.#held.push({ text, atMs });
    if (this.#held.length === 1 || !this.joined || this.#host.knownAt(this.#held[0].atMs)) this.#judgeHeld();
  }

  /** Judges held frames as far as they can be, all of them anew. Called when the command log is known further. */
  judge(): void {
    this.#lookedAt = 0;
    this.#judgeHeld();
  }

  #judgeHeld(): void {
    if (!this.joined && !this.#join()) return;
    for (;;) {
      this.#acceptHeld();
      const held = this.#held;
      if (held === undefined || held.length === 0) {
        this.#held = undefined;
        this.#host.releases(this);
        return;
      }
      if (!this.#host.knownAt(held[0].atMs)) return;
      const found = this.#findResync(held);
      if (found === undefined && held.length < heldMax) return;
      this.#lookedAt = 0;
      const { window, row, column } = found ?? {
        window: this.#ahead(held.length),
        row: held.length,
        column: held.length,
      };
      this.#judgeStretch(held.splice(0, row), window.places.slice(0, column), window.texts.slice(0, column));
    }
  }

  /** The run is over, or the connection: judges the rest and counts what never came. */
  finish(): void {
    if (this.ended) return;
    if (!this.joined) this.#join(true);
    if (this.joined) {
      this.#acceptHeld();
      this.#judgeRest(this.#held?.splice(0) ?? []);
    } else {
      this.batch = this.#findAnchor();
      this.#judgeRest([]);
    }
    for (const batch of this.#skipped ?? []) if (!batch.removed) this.#lose(batch, 0, batch.size);
    this.ended = true;
    this.#host.releases(this);
  }

  #judgeRest(received: HeldFrame[]): void {
    const { places, texts } = this.#ahead(Infinity);
    this.#judgeStretch(received, places, texts);
  }

  /** Ends by plan: nothing after the last accepted frame is owed. */
  leave(): void {
    if (this.joined) this.#acceptHeld();
    for (const batch of this.#skipped ?? []) if (!batch.removed) this.#lose(batch, 0, batch.size);
    this.ended = true;
    this.#host.releases(this);
  }

  /** A batch was inserted somewhere; this subscriber may have passed its place. */
  inserted(batch: ExpectedBatch): void {
    if (!this.joined || this.ended || this.batch === undefined) return;
    if (this.batch === batch.next && this.item === 0) {
      this.batch = batch;
      return;
    }
    const isOwed = this.#first === undefined || this.#host.isBefore(this.#first, batch);
    if (isOwed && this.#host.isBefore(batch, this.batch)) (this.#skipped ??= new Set()).add(batch);
  }

  #accept(atMs: number): void {
    const batch = this.batch as ExpectedBatch;
    this.#take({ batch, item: this.item }, atMs);
    this.item += 1;
  }

  #acceptHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    let taken = 0;
    while (taken < held.length && this.settle()) {
      const { text, atMs } = held[taken];
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
    if (taken > 0) this.#lookedAt = 0;
    held.splice(0, taken);
    if (this.#isPastEnd()) held.length = 0;
    while (held.length > 0 && this.#learnsAtEnd()) {
      const [{ text, atMs }] = held.splice(0, 1);
      this.#learnAtEnd(text, atMs);
    }
  }

  #learnsAtEnd(): boolean {
    return this.#host.learning && !this.#host.stream.closed && this.joined && !this.settle();
  }

  /** On a server whose stream nobody can regenerate, the first copy of a frame is the reference. */
  #learnAtEnd(text: string, atMs: number): void {
    const batch = this.#host.learn(text);
    if (batch === undefined) return;
    this.batch = batch;
    this.item = 0;
    this.#accept(atMs);
  }

  /** Finds the place of the first frames in the stream. */
  #join(atEnd = false): boolean {
    const held = this.#held ?? [];
    if (held.length === 0) return false;
    const { recent } = this.#host.stream;
    for (let skip = 0; skip < held.length; skip += 1) {
      const places = findPlaces(recent, held.slice(skip, skip + resyncFrames + 5));
      if (places.length === 0 && (atEnd || this.#host.knownAt(held[skip].atMs))) continue;
      if (places.length !== 1 && !atEnd) return this.#joinAsFirst(held[0].atMs);
      if (places.length === 0) continue;
      this.#start(places[places.length - 1], skip);
      return true;
    }
    return this.#joinAsFirst(held[0].atMs);
  }

  /** Nobody else receives anything: this subscriber's copy founds the reference. */
  #joinAsFirst(firstMs: number): boolean {
    if (!this.#host.learning) return false;
    const { stream } = this.#host;
    if (stream.tail !== undefined && this.#host.nowMs() - firstMs < joinPatienceMs) return false;
    this.joined = true;
    this.batch = stream.tail;
    this.item = this.batch?.size ?? 0;
    return true;
  }

  /** A tick is one batch: whoever received part of it, or is connected since before it, is owed all of it. */
  #start(place: Place, skippedFrames: number): void {
    this.joined = true;
    let { batch } = place;
    let before = place.item;
    while (before < skippedFrames && batch.previous !== undefined) {
      batch = batch.previous;
      before += batch.size;
    }
    const anchor = this.#findAnchor();
    if (anchor !== undefined && !this.#host.learning && this.#host.isBefore(anchor, batch)) batch = anchor;
    this.batch = batch;
    this.item = 0;
    this.#first = batch;
    this.#anchor = undefined;
  }

  /** Expected items from the present place on. */
  #ahead(itemsMax: number): Stretch {
    const { batch } = this;
    if (batch === undefined || !this.settle()) return nothing;
    return this.#host.stream.ahead(this.batch as ExpectedBatch, this.item, itemsMax);
  }

  /**
   * The first place from which the held frames run along the stream again. What was looked at in vain is
   * not looked at again before the stream has changed: a subscriber that stays astray must not cost more
   * with each frame.
   */
  #findResync(held: readonly HeldFrame[]): { window: Stretch; row: number; column: number } | undefined {
    if (held.length < resyncFrames) return undefined;
    let itemsMax = lookAheadItemsMin;
    while (itemsMax < held.length + lookAheadItemsMin / 2) itemsMax *= 2;
    const isFar = held.length % framesBetweenFarLooks === 0;
    const window = this.#ahead(isFar ? lookAheadItemsMax : itemsMax);
    const found = findRun(held, window, isFar ? 0 : this.#lookedAt);
    this.#lookedAt = held.length - resyncFrames + 1;
    return found === undefined ? undefined : { window, row: found[0], column: found[1] };
  }

  /** Counts what is wrong with a stretch and moves behind it. */
  #judgeStretch(received: HeldFrame[], expected: readonly Place[], wanted: readonly string[]): void {
    const texts = received.map(({ text }) => text);
    const result = align(texts, wanted, (text) => this.#isRepeat(text));
    for (const [row, column] of result.inOrder) this.#take(expected[column], received[row].atMs);
    for (const [row, column] of result.reordered) {
      this.#take(expected[column], received[row].atMs);
      this.#reordered(expected[column], received[row]);
    }
    for (const [row, column] of result.replaced) this.#replaced(expected[column], wanted[column], received[row]);
    for (const row of result.extra) this.#extra(received[row], expected[0]);
    for (const column of result.missing) this.#missing(expected[column]);
    const last = expected.at(-1);
    if (last !== undefined) {
      this.batch = last.batch;
      this.item = last.item + 1;
    }
  }

  /** A planned slow reader does not make a tick late. */
  #completed(batch: ExpectedBatch, atMs: number): void {
    if (!this.slow) this.#host.completed(batch, atMs);
  }

  #take({ batch, item }: Place, atMs: number): void {
    if (!batch.isOwed) return;
    this.ledger.received += 1;
    this.#host.delivered(this, batch, item, 1, atMs);
    if (item === batch.size - 1) this.#completed(batch, atMs);
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
    if (place.item === place.batch.size - 1) this.#completed(place.batch, received.atMs);
  }

  #extra(received: HeldFrame, place: Place | undefined): void {
    if (this.#arrivedLate(received) || this.#foundAfterAll(received)) return;
    if (place === undefined ? this.#isPastEnd() : !place.batch.isOwed) return;
    const repeat = this.#isRepeat(received.text);
    if (!repeat && this.#host.learning && place !== undefined) {
      this.#host.learnBefore(place.batch, received.text, received.atMs);
      this.ledger.received += 1;
      return;
    }
    const kind = repeat ? "duplicated" : "unexpected";
    this.ledger[kind] += 1;
    if (!repeat) this.#host.unexpected(received.text);
    this.#diverges(kind, place ?? this.#here(), "", received);
  }

  /** A frame of a batch that was counted as passed arrives after all, later than it should. */
  #arrivedLate({ text, atMs }: HeldFrame): boolean {
    for (const batch of this.#skipped ?? []) {
      const item = batch.removed ? -1 : batch.texts.indexOf(text);
      if (item < 0) continue;
      this.#skipped?.delete(batch);
      this.#lose(batch, 0, item);
      this.#lose(batch, item + 1, batch.size);
      this.#take({ batch, item }, atMs);
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
    this.#take(place, received.atMs);
    this.#reordered(place, received);
    return true;
  }

  #missing({ batch, item }: Place): void {
    if (this.#host.learning) {
      this.#host.passed(batch);
      (this.#skipped ??= new Set()).add(batch);
      return;
    }
    this.#lose(batch, item, item + 1);
  }

  #lose(batch: ExpectedBatch, from: number, to: number): void {
    if (!batch.isOwed) return;
    for (let item = from; item < to; item += 1) {
      if (this.slow && this.#host.mayConflate(batch, item)) {
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
    let { batch } = this;
    let end = this.item;
    for (let back = 0; batch !== undefined && back < lookBackBatchesMax; back += 1) {
      if (batch.texts.lastIndexOf(text, end - 1) >= 0 && end > 0 && !this.#skipped?.has(batch)) return true;
      batch = batch.previous;
      end = batch?.size ?? 0;
    }
    return false;
  }

  #here(): Place | undefined {
    return this.batch === undefined ? undefined : { batch: this.batch, item: this.item };
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
