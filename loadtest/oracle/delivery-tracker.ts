/**
 * What became of everything that one subscriber was owed: counts it, and keeps where it left the stream first.
 *
 * Invariant: what was counted as lost and comes after all is counted again, as reordered; a state that a slow reader
 * gets behind a message is neither.
 */
import { type Alignment, align, alignByKind } from "./alignment.js";
import { isReplaced, isState } from "./conflation.js";
import { excerpt } from "../core/excerpt.js";
import type { StreamMatcher } from "./stream-matcher.js";
import { findDisorders } from "./majority-order.js";
import type { MatcherHost } from "./matcher-host.js";
import { type FaultKind, type DeliveryCounts, createCounts } from "./delivery-counts.js";
import type { PendingFrame } from "./stream-search.js";
import { type BatchKey, type ExpectedBatch, type Place, compareKeys } from "./stream.js";

/** What was seen first where a subscriber left the stream. */
export interface Divergence {
  readonly kind: FaultKind;
  readonly tick: number;
  readonly expected: string;
  readonly received: string;
  readonly atMs: number;
}

/** An item that did not come, and the account that it stands in. No batch: it would hold all later ones. */
interface Missed extends BatchKey {
  readonly item: number;
  readonly account: "lost" | "conflated";
}

const lookBackBatchesMax = 64;
const missedMax = 256;
/** A frame that comes later than behind so many others has its place where the stream was learned. */
const lateVotedMax = 60;

export class DeliveryTracker {
  readonly counts: DeliveryCounts = createCounts();
  divergence: Divergence | undefined;
  readonly #matcher: StreamMatcher;
  readonly #host: MatcherHost;
  /** Batches that were inserted behind the subscriber, or passed by it: from which item on. */
  #skipped: Map<ExpectedBatch, number> | undefined;
  /** The last frames that did not come, oldest first: they may only be late. */
  #missed: Map<string, Missed> | undefined;
  /** Messages that came to a slow reader ahead of the states before them. */
  #early: Map<string, PendingFrame> | undefined;

  constructor(matcher: StreamMatcher, host: MatcherHost) {
    this.#matcher = matcher;
    this.#host = host;
  }

  /** An expected item has arrived. */
  take({ batch, item }: Place, atMs: number): void {
    if (!batch.isOwed) return;
    this.counts.received += 1;
    this.#host.delivered(this.#matcher, batch, item, 1, atMs);
    if (item === batch.size - 1) this.completed(batch, atMs);
  }

  /** A planned slow reader does not make a tick late. */
  completed(batch: ExpectedBatch, atMs: number): void {
    if (!this.#matcher.slow) this.#host.completed(batch, atMs);
  }

  /** The subscriber has gone past what may still come: a batch from an item on. */
  skip({ batch, item }: Place): void {
    (this.#skipped ??= new Map()).set(batch, item);
  }

  /** What was skipped and is still part of the stream never came; on a learned one that shows later. */
  close(): void {
    if (!this.#host.learning) this.settle();
    for (const received of this.#early?.values() ?? []) if (!this.#isOfTheEnd(received)) this.#unexpected(received);
    this.#missed = undefined;
    this.#early = undefined;
  }

  /** The stream is known in full, a learned one before a tick: what was skipped of it never came. */
  settle(beforeTick = Infinity): void {
    for (const [batch, from] of this.#skipped ?? []) {
      if (batch.tick >= beforeTick) continue;
      this.#skipped?.delete(batch);
      if (!batch.removed) this.#lose(batch, from, batch.size);
    }
  }

  hasSkipped(batch: ExpectedBatch): boolean {
    return this.#skipped?.has(batch) === true;
  }

  /** A frame of a learned stream was received out of the order that the majority received. */
  displace(batch: ExpectedBatch): void {
    this.#reordered({ batch, item: 0 }, { text: batch.texts[0], atMs: batch.firstMs });
  }

  /** What was taken for another frame of the learned stream was this one. */
  unskip(batch: ExpectedBatch): void {
    this.#skipped?.delete(batch);
  }

  /** What was received turned out to be no part of the learned stream. */
  retract(batch: ExpectedBatch, kind: "duplicated" | "unexpected"): void {
    const [text] = batch.texts;
    this.counts.received -= 1;
    this.counts[kind] += 1;
    this.#host[kind](text);
    this.#diverges(kind, { batch, item: 0 }, "", { text, atMs: batch.firstMs });
  }

  /**
   * Counts what is right and wrong with a stretch: the frames that came and the items expected in their place.
   * `next` is the item that the subscriber goes on with, if one is known.
   */
  judge(
    received: readonly PendingFrame[],
    expected: readonly Place[],
    wanted: readonly string[],
    next: Place | undefined,
  ): void {
    const texts = received.map(({ text }) => text);
    const { learning } = this.#host;
    // On a learned stream the others tell whether a frame is a repeat or one more of those that recur.
    const isRepeat = (text: string) => !learning && this.#isRepeat(text);
    const { slow, isCutOff } = this.#matcher;
    // Who is behind gets messages at once, and the states that it skipped later.
    const result = slow ? alignByKind(texts, wanted, isState, isRepeat) : align(texts, wanted, isRepeat);
    const last = isCutOff ? (result.inOrder.at(-1)?.[1] ?? -1) : Infinity;
    for (const [row, column] of result.inOrder) this.take(expected[column], received[row].atMs);
    for (const [row, column] of result.reordered) this.take(expected[column], received[row].atMs);
    if (result.reordered.length > 0 && !this.#isVotedOn(result, expected))
      for (const [row, column] of result.reordered) this.#reordered(expected[column], received[row]);
    for (const [row, column] of result.replaced)
      this.#replaced(expected[column], wanted[column], received[row], column <= last);
    for (const row of result.extra) {
      const following = learning ? result.inOrder.find(([other]) => other > row)?.[1] : 0;
      this.#extra(received[row], expected[following ?? expected.length] ?? next ?? expected[0]);
    }
    for (const column of result.missing) this.#missing(expected[column], column <= last);
  }

  /** On a learned stream the majority decides the order, later; slow readers have no vote. */
  #isVotedOn({ inOrder, reordered }: Alignment, expected: readonly Place[]): boolean {
    if (!this.#host.learning || this.#matcher.slow) return false;
    const pairs = [...inOrder, ...reordered].toSorted(([a], [b]) => a - b);
    const columns = pairs.map(([, column]) => column);
    const stretches = findDisorders(columns).map((stretch) => stretch.map((at) => expected[columns[at]].batch));
    return this.#host.disordered(this.#matcher, stretches);
  }

  #reordered(place: Place, received: PendingFrame): void {
    if (!place.batch.isOwed) return;
    this.counts.reordered += 1;
    this.#host.reordered(received.text);
    this.#diverges("reordered", place, received.text, received);
  }

  #replaced(place: Place, expected: string, received: PendingFrame, wasThere: boolean): void {
    // A slow reader's frames of a stretch are rarely all of it: nothing says that one stands for another.
    if (this.#host.learning || this.#matcher.slow) {
      this.#extra(received, place);
      this.#missing(place, wasThere);
      return;
    }
    if (!place.batch.isOwed) return;
    this.counts.corrupted += 1;
    this.#host.corrupted(expected, received.text);
    this.#diverges("corrupted", place, expected, received);
    if (place.item === place.batch.size - 1) this.completed(place.batch, received.atMs);
  }

  #extra(received: PendingFrame, place: Place | undefined): void {
    const isRecurring = this.#host.learning && this.#isRepeat(received.text);
    if (!isRecurring && (this.#arrivedLate(received) || this.#foundAfterAll(received))) return;
    if (place === undefined ? this.#matcher.isPastEnd : !place.batch.isOwed) return;
    if (this.#host.learning && place !== undefined) {
      this.#learnBefore(place.batch, received);
      return;
    }
    const repeat = this.#isRepeat(received.text) || this.#early?.has(received.text) === true;
    if (repeat) {
      this.counts.duplicated += 1;
      this.#host.duplicated(received.text);
      this.#diverges("duplicated", place ?? this.#here(), "", received);
    } else if (this.#matcher.slow && !isState(received.text))
      (this.#early ??= new Map<string, PendingFrame>()).set(received.text, received);
    else this.#unexpected(received, place);
  }

  #unexpected(received: PendingFrame, place = this.#here()): void {
    this.counts.unexpected += 1;
    this.#host.unexpected(received.text);
    this.#diverges("unexpected", place, "", received);
  }

  /** Its place is behind the last that is owed. */
  #isOfTheEnd({ text }: PendingFrame): boolean {
    return this.#host.stream.recent.some(({ isOwed, texts }) => !isOwed && texts.includes(text));
  }

  /** The first copy of the stream lacks this frame: it becomes part of it, received by this subscriber. */
  #learnBefore(following: ExpectedBatch, { text, atMs }: PendingFrame): void {
    const batch = this.#host.learnBefore(following, text);
    const matcher = this.#matcher;
    const isNext = matcher.batch === batch.previous && matcher.item === batch.previous?.size;
    if (isNext || matcher.batch === batch) matcher.moveBehind({ batch, item: 0 });
    this.#skipped?.delete(batch);
    this.take({ batch, item: 0 }, atMs);
  }

  /** A frame of a batch that was counted as passed arrives after all, later than it should. */
  #arrivedLate({ text, atMs }: PendingFrame): boolean {
    for (const [batch, from] of this.#skipped ?? []) {
      const item = batch.removed ? -1 : batch.texts.indexOf(text, from);
      if (item < 0) continue;
      this.#skipped?.delete(batch);
      this.#lose(batch, from, item);
      this.#lose(batch, item + 1, batch.size);
      this.take({ batch, item }, atMs);
      if (!this.#isLateVotedOn(batch)) this.#reordered({ batch, item }, { text, atMs });
      return true;
    }
    return false;
  }

  /** On a learned stream it may be the others that received it too early. */
  #isLateVotedOn(late: ExpectedBatch): boolean {
    if (!this.#host.learning || this.#matcher.slow) return false;
    const overtaking: ExpectedBatch[] = [];
    for (let at = late.next; at !== undefined && overtaking.length <= lateVotedMax; at = at.next) {
      if (this.#matcher.received(at)) overtaking.push(at);
      if (at === this.#matcher.batch) break;
    }
    return overtaking.length <= lateVotedMax && this.#host.disordered(this.#matcher, [[...overtaking, late]]);
  }

  /** A frame that was counted as missing arrives later than the stretch that it was missing from. */
  #foundAfterAll(received: PendingFrame): boolean {
    const missed = this.#missed?.get(received.text);
    if (missed === undefined) return false;
    this.#missed?.delete(received.text);
    for (const batch of this.#lately()) {
      if (compareKeys(batch, missed) !== 0 || batch.texts[missed.item] !== received.text) continue;
      const { account, item } = missed;
      this.counts[account] -= 1;
      if (account === "lost") this.#host.found(received.text);
      this.take({ batch, item }, received.atMs);
      if (!this.#matcher.slow || !isState(received.text)) this.#reordered({ batch, item }, received);
      return true;
    }
    return false;
  }

  /**
   * On a learned stream those who were there vote by what they received: not who was gone already, nor who may skip
   * what the others get.
   */
  #missing({ batch, item }: Place, wasThere: boolean): void {
    if (this.#host.learning) {
      if (wasThere && !this.#matcher.slow) this.#host.passed(batch);
      this.skip({ batch, item });
      return;
    }
    this.#lose(batch, item, item + 1);
  }

  #lose(batch: ExpectedBatch, from: number, to: number): void {
    if (!batch.isOwed) return;
    for (let item = from; item < to; item += 1) {
      const text = batch.texts[item];
      if (this.#matcher.slow && isReplaced(batch, item)) {
        this.counts.conflated += 1;
        this.#remember(batch, item, "conflated");
        continue;
      }
      const early = this.#early?.get(text);
      if (early !== undefined) {
        this.#early?.delete(text);
        this.take({ batch, item }, early.atMs);
        continue;
      }
      if (this.#host.learning && !this.#host.isReference(batch)) continue;
      this.counts.lost += 1;
      this.#host.lost(text);
      this.#remember(batch, item, "lost");
      this.#diverges("lost", { batch, item }, text, undefined);
    }
  }

  #remember({ tick, sequence, texts }: ExpectedBatch, item: number, account: Missed["account"]): void {
    const missed = (this.#missed ??= new Map<string, Missed>());
    missed.delete(texts[item]);
    missed.set(texts[item], { tick, sequence, item, account });
    if (missed.size <= missedMax) return;
    for (const oldest of missed.keys()) return void missed.delete(oldest);
  }

  /** The batches that the subscriber has passed last, beginning with the one that it is in. */
  *#lately(): Generator<ExpectedBatch> {
    let { batch } = this.#matcher;
    for (let back = 0; batch !== undefined && back < lookBackBatchesMax; back += 1, batch = batch.previous) yield batch;
  }

  /** Whether this content was already received lately. */
  #isRepeat(text: string): boolean {
    let end: number | undefined = this.#matcher.item;
    for (const batch of this.#lately()) {
      const received = Math.min(end ?? batch.size, this.#skipped?.get(batch) ?? Infinity);
      if (received > 0 && batch.texts.lastIndexOf(text, received - 1) >= 0) return true;
      end = undefined;
    }
    return false;
  }

  #here(): Place | undefined {
    const { batch, item } = this.#matcher;
    return batch === undefined ? undefined : { batch, item };
  }

  #diverges(kind: FaultKind, place: Place | undefined, expected: string, received: PendingFrame | undefined): void {
    this.divergence ??= {
      kind,
      tick: place?.batch.tick ?? 0,
      expected: excerpt(expected),
      received: excerpt(received?.text ?? ""),
      atMs: received?.atMs ?? this.#host.nowMs(),
    };
  }
}
