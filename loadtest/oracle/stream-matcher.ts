/**
 * Matches what one subscriber receives with the expected stream, and answers what has become of it.
 *
 * The fast path (bytes equal to the next expected ones) never comes here frame by frame: the thin
 * subscriber asks for `batch` and `item` itself and tells how far it got. Everything else does. A frame
 * that does not fit is held, with its arrival, until the command log is known up to that instant (a late
 * command explains much) and until the stream is found again (three frames in a row); only then the
 * stretch is judged.
 *
 * Invariant: frames are judged exactly once, in order of arrival, whatever they waited for.
 */
import type { Stretch } from "./batch-chain.js";
import { sameMeaning } from "./content.js";
import { Cursor } from "./cursor.js";
import type { DeliveryCounts } from "./delivery-counts.js";
import { type DeliveryResult, noResults } from "./delivery-result.js";
import { DeliveryTracker, type Divergence } from "./delivery-tracker.js";
import { type BatchKey, type ExpectedBatch, type Place, compareKeys } from "./expected-batch.js";
import type { ExpectedStream, Receiver } from "./expected-stream.js";
import { type PendingFrame, PendingFrames } from "./pending-frames.js";
import type { SubscriberKind } from "./subscriber-kind.js";
import { SubscriptionStart } from "./subscription-start.js";

const heldMax = 2048;
const end: BatchKey = { tick: Infinity, sequence: 0 };

/** Without the batch, which would hold all later ones. */
function keyOf({ tick, sequence }: BatchKey): BatchKey {
  return { tick, sequence };
}

export class StreamMatcher extends Cursor {
  readonly id: number;
  /** Index of the address that it is connected to. */
  address = 0;
  kind: SubscriberKind = "thin";
  /** Skipped updates are allowed: it reads slowly on purpose. */
  readonly slow: boolean;
  readonly counts: DeliveryCounts;
  joined = false;
  /** Bytes of the next expected item that have arrived. */
  partBytes = 0;
  /** Sum and count of latencies, for fairness between subscribers. */
  latencySumMs = 0;
  latencyCount = 0;
  latencyMaxMs = 0;
  /** Bytes that its sockets have read. */
  receivedBytes = 0;
  /** When it was connected again after an absence: what was meant to leave before is replayed. */
  backMs = -Infinity;
  /** From when it might have been: replays are timed from then. */
  returnMs = Number.NaN;
  /** Where it left the stream, once it has; where its last connection did, before it has begun. */
  #left: Place | undefined;
  /** Frames that had arrived and were not judged when the last connection ended. */
  #unjudged: readonly PendingFrame[] = [];
  /** What it missed between two connections: from a place to the first batch that is owed again. */
  #absence: { readonly from: BatchKey; readonly to: BatchKey } | undefined;
  #held: PendingFrames | undefined;
  readonly #stream: ExpectedStream;
  readonly #start: SubscriptionStart;
  readonly #tracker: DeliveryTracker;

  /** @param before the same subscriber's last connection, which is over: the account goes on */
  constructor(id: number, stream: ExpectedStream, slow: boolean, before?: StreamMatcher) {
    super();
    this.id = id;
    this.slow = slow;
    this.#stream = stream;
    this.#start = new SubscriptionStart(stream, before !== undefined);
    this.#tracker = new DeliveryTracker(this, stream, slow, before === undefined ? undefined : before.#tracker);
    this.counts = this.#tracker.counts;
    if (before !== undefined) this.#goOn(before);
  }

  #goOn(before: StreamMatcher): void {
    const { latencySumMs, latencyCount, latencyMaxMs, receivedBytes, address, kind } = before;
    Object.assign(this, { latencySumMs, latencyCount, latencyMaxMs, receivedBytes, address, kind });
    this.#left = before.#left;
    this.#unjudged = before.#unjudged;
    // A batch holds all later ones.
    before.#left = undefined;
    before.#unjudged = [];
    // A learned stream is settled no further than where it may be taken up again.
    if (this.#left !== undefined) this.moveTo(this.#left);
  }

  get divergence(): Divergence | undefined {
    return this.#tracker.divergence;
  }

  /** For a learned stream. */
  get receiver(): Receiver {
    return this.#tracker;
  }

  /** True while frames wait for judgement; then every frame has to come through `frame`. */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** True once everything that is owed has been judged. */
  get isDone(): boolean {
    const { chain } = this.#stream;
    if (!chain.closed || this.holding) return false;
    return this.joined ? this.isPastEnd(chain) : this.#start.anchor?.isOwed !== true;
  }

  /** The server accepted the subscription: what is meant to leave from now on has to arrive. */
  connected(atMs: number): void {
    this.#stream.receivers += 1;
    this.#start.connected(atMs);
  }

  /**
   * Opens a new account of a connection whose last one rests: it begins where that one stands. On another stream it
   * begins as if it were connected now.
   */
  takeOver(before: StreamMatcher, atMs: number): void {
    if (before.#stream !== this.#stream || before.batch === undefined) return this.connected(atMs);
    this.#stream.receivers += 1;
    this.#start.end();
    this.joined = true;
    this.moveTo({ batch: before.batch, item: before.item });
    this.partBytes = before.partBytes;
    this.beginAt(before.batch);
  }

  /**
   * The server took up the session of the connection before: everything since then is owed.
   *
   * @param returnMs from when the subscriber might have been back
   */
  resumed(atMs: number, returnMs: number): readonly DeliveryResult[] {
    this.backMs = atMs;
    this.returnMs = returnMs;
    if (this.#left === undefined) {
      this.connected(atMs);
      return noResults;
    }
    this.#stream.receivers += 1;
    this.#start.end();
    this.joined = true;
    this.moveTo(this.#left);
    this.beginAt(this.#left.batch);
    this.#left = undefined;
    // The server goes on behind what had arrived, judged or not.
    const unjudged = this.#unjudged;
    this.#unjudged = [];
    return unjudged.flatMap((frame) => this.frame(frame.text, frame.atMs));
  }

  /** The connection was lost. What has arrived is judged in the end. */
  cutOff(): void {
    this.#stream.receivers -= 1;
    this.#tracker.isCutOff = true;
  }

  /**
   * The fast path: bytes of the batch have arrived and fit, up to `end`. Returns how many owed items are complete now,
   * the last of them before `item`.
   */
  arrived(batch: ExpectedBatch, end: number, atMs: number): number {
    const { ends } = batch.wire;
    const from = this.item;
    let item = from;
    if (end === ends[ends.length - 1]) item = ends.length;
    else while (ends[item]! <= end) item += 1;
    this.item = item;
    this.partBytes = item === 0 ? end : end - ends[item - 1]!;
    return this.#tracker.arrived(batch, from, item, atMs);
  }

  /** One frame that the fast path did not take. */
  frame(text: string, atMs: number): readonly DeliveryResult[] {
    if (this.#tracker.ended) return noResults;
    this.partBytes = 0;
    if (this.#held !== undefined) this.#hold(this.#held, { text, atMs });
    else if (this.joined && this.settle() && this.batch?.texts[this.item] === text) this.#accept(atMs);
    else if (!this.#learnAtEnd({ text, atMs })) this.#hold((this.#held = new PendingFrames()), { text, atMs });
    return this.#tracker.takeResults();
  }

  #hold(held: PendingFrames, frame: PendingFrame): void {
    held.add(frame);
    if (held.frames.length === 1 || !this.joined || held.isFull || this.#stream.isKnown(held.frames[0]!.atMs))
      this.#judgeHeld();
  }

  /** Judges held frames as far as they can be, all of them anew. To be called when the stream is known further. */
  judge(): readonly DeliveryResult[] {
    this.#held?.lookAgain();
    this.#judgeHeld();
    return this.#tracker.takeResults();
  }

  /** The run is over, or the connection: judges the rest and counts what never came. */
  finish(): readonly DeliveryResult[] {
    if (this.#tracker.ended) return noResults;
    if (!this.joined) this.#join(true);
    if (this.joined) this.#acceptHeld();
    else {
      this.moveToStart(this.#start.anchor);
      this.#countMissed(this.#start.anchor);
    }
    const rest = this.joined ? (this.#held?.frames.splice(0) ?? []) : [];
    const window = this.ahead(this.#stream.chain, Infinity);
    this.#judgeStretch(rest, window, window.places.length);
    return this.#end();
  }

  /** The run is over, everything that was owed has come, and the connection stays: it goes on along the stream. */
  rest(): readonly DeliveryResult[] {
    this.#tracker.close();
    this.#held = undefined;
    return this.#tracker.takeResults();
  }

  /** Ends by plan: nothing after the last accepted frame is owed. */
  leave(): readonly DeliveryResult[] {
    this.#stream.receivers -= 1;
    if (this.joined) this.#acceptHeld();
    return this.#end();
  }

  /** The same, for an absence: the next connection goes on from here. */
  interrupt(): readonly DeliveryResult[] {
    this.#stream.receivers -= 1;
    if (this.joined) this.#acceptHeld();
    const { anchor } = this.#start;
    if (this.joined && this.batch !== undefined) this.#left = { batch: this.batch, item: this.item };
    // Nothing had arrived yet of what was owed.
    else if (this.#left === undefined && anchor !== undefined) this.#left = { batch: anchor, item: 0 };
    this.#unjudged = this.joined ? (this.#held?.frames ?? []) : [];
    return this.#end();
  }

  /** Does not come back from an absence, by plan. */
  stayAway(): readonly DeliveryResult[] {
    return this.#end();
  }

  /** What was owed from where the last connection left the stream to a place in it, or to its end. */
  #countMissed(to: BatchKey = end): void {
    const from = this.#left;
    this.#left = undefined;
    if (from === undefined || compareKeys(from.batch, to) >= 0) return;
    this.#absence = { from: keyOf(from.batch), to: keyOf(to) };
    let { item } = from;
    for (let at: ExpectedBatch | undefined = from.batch; at !== undefined && compareKeys(at, to) < 0; at = at.next) {
      if (at.isOwed && !at.removed) this.counts.missed += at.size - item;
      item = 0;
    }
  }

  #wasAway({ batch }: Place): boolean {
    const { from, to } = this.#absence ?? {};
    return from !== undefined && to !== undefined && compareKeys(from, batch) < 0 && compareKeys(batch, to) < 0;
  }

  /** What was decided outside a call, about a learned stream. */
  takeResults(): readonly DeliveryResult[] {
    return this.#tracker.takeResults();
  }

  /** From a place on a batch is new to the stream; this subscriber may have passed it. */
  inserted(place: Place): void {
    if (!this.joined) return;
    if (this.#wasAway(place)) {
      this.counts.missed += place.batch.size - place.item;
      return;
    }
    if (this.batch !== undefined && this.batch === place.batch.next && this.item === 0 && this.partBytes === 0)
      this.moveTo(place);
    else this.#tracker.inserted(place);
  }

  /** Closes the account, and lets go of the stream. */
  #end(): readonly DeliveryResult[] {
    const results = this.rest();
    this.#start.end();
    this.moveToStart(undefined);
    return results;
  }

  #judgeHeld(): void {
    if (!this.joined && !this.#join()) return this.#dropFirst();
    for (;;) {
      this.#acceptHeld();
      const held = this.#held;
      if (held === undefined || held.frames.length === 0) {
        this.#held = undefined;
        return;
      }
      const { length } = held.frames;
      if (!held.isFull && !this.#stream.isKnown(held.frames[0]!.atMs)) return;
      const found = held.findResync((itemsMax) => this.ahead(this.#stream.chain, itemsMax));
      if (found === undefined && length < heldMax && !held.isFull) return;
      const { window, row, column } = found ?? {
        window: this.ahead(this.#stream.chain, length),
        row: length,
        column: length,
      };
      this.#judgeStretch(held.take(row), window, column);
    }
  }

  /** Frames that are too long to be kept prove no place: nobody foretold them. */
  #dropFirst(): void {
    if (this.#held?.isFull === true) this.#tracker.judge(this.#held.take(Infinity), [], [], undefined);
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
      const { text, atMs } = frames[taken]!;
      const batch = this.batch as ExpectedBatch;
      const expected = batch.texts[this.item]!;
      if (expected !== text) {
        if (expected.length === 0 || !sameMeaning(expected, text)) break;
        this.#stream.chain.rewrite({ batch, item: this.item }, text);
      }
      this.#accept(atMs);
      taken += 1;
    }
    held.take(taken);
    if (this.isPastEnd(this.#stream.chain)) frames.length = 0;
    while (frames.length > 0 && this.#learnAtEnd(frames[0]!)) held.take(1);
  }

  /** At the end of a learned stream the first copy of a frame is the reference. */
  #learnAtEnd({ text, atMs }: PendingFrame): boolean {
    const { chain } = this.#stream;
    if (chain.closed || !this.joined || this.settle()) return false;
    const batch = this.#stream.learn(text);
    if (batch === undefined) return false;
    this.#tracker.report({ kind: "learned", batch, isInserted: false });
    if (!this.hasBegun) this.beginAt(batch);
    this.moveToStart(batch);
    this.#accept(atMs);
    return true;
  }

  /** Finds the place of the first frames in the stream. */
  #join(atEnd = false): boolean {
    const beginning = this.#start.find(this.#held?.frames ?? [], atEnd);
    if (beginning === undefined) return false;
    const { batch, item, greetings } = beginning;
    this.joined = true;
    this.#start.end();
    for (const { text } of this.#held?.take(greetings) ?? []) this.#tracker.report({ kind: "greeting", text });
    // Behind the last batch, and behind what turns out to have followed it before this subscriber came.
    const first = batch !== undefined && item === batch.size ? { tick: batch.tick + 0.5, sequence: 0 } : batch;
    this.#countMissed(first);
    this.batch = batch;
    this.item = item;
    if (first !== undefined) this.beginAt(first);
    return true;
  }
}
