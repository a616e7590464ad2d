/**
 * What became of everything that one subscriber was owed: counts it, and keeps where it left the stream first.
 *
 * Invariant: what was counted as lost and comes after all is counted again, as reordered; a state that a slow reader
 * gets behind a message is neither.
 */
import { align, alignByKind } from "./alignment.js";
import { isReplaced, isState } from "./conflation.js";
import { excerpt } from "../core/excerpt.js";
import type { Cursor } from "./cursor.js";
import { type DeliveryCounts, createCounts } from "./delivery-counts.js";
import { type DeliveryResult, type FaultKind, noResults } from "./delivery-result.js";
import { type BatchKey, type ExpectedBatch, type Place, compareKeys } from "./expected-batch.js";
import type { ExpectedStream, Receiver } from "./expected-stream.js";
import { EarlyMessages } from "./early-messages.js";
import { findDisorders } from "./majority-order.js";
import { MissedItems } from "./missed-items.js";
import type { PendingFrame } from "./pending-frames.js";

/** What was seen first where a subscriber left the stream. */
export interface Divergence {
  readonly kind: FaultKind;
  readonly tick: number;
  readonly expected: string;
  readonly received: string;
  readonly atMs: number;
}

/** A message that comes early is looked for so far ahead. */
const earlyItemsMax = 4096;
/** A frame that comes later than behind so many others has its place where the stream was learned. */
const lateVotedMax = 60;

export class DeliveryTracker implements Receiver {
  readonly counts: DeliveryCounts;
  divergence: Divergence | undefined;
  /** The connection was lost: what came to others since says nothing of them. */
  isCutOff = false;
  ended = false;
  readonly #cursor: Cursor;
  readonly #stream: ExpectedStream;
  readonly #slow: boolean;
  #results: DeliveryResult[] | undefined;
  /** Batches that were inserted behind the subscriber, or passed by it: from which item on. */
  #skipped: Map<ExpectedBatch, number> | undefined;
  #missed: MissedItems | undefined;
  #early: EarlyMessages | undefined;

  /** @param before what became of the same subscriber's last connection: one account for all of them */
  constructor(cursor: Cursor, stream: ExpectedStream, slow: boolean, before?: DeliveryTracker) {
    this.counts = before?.counts ?? createCounts();
    this.divergence = before?.divergence;
    this.#cursor = cursor;
    this.#stream = stream;
    this.#slow = slow;
  }

  /** What was decided since the last call. */
  takeResults(): readonly DeliveryResult[] {
    const results = this.#results ?? noResults;
    this.#results = undefined;
    return results;
  }

  report(result: DeliveryResult): void {
    if (this.#results === undefined) this.#results = [result];
    else this.#results.push(result);
  }

  /** Items of a batch have arrived in order, up to `end`. Returns how many of them were owed. */
  arrived(batch: ExpectedBatch, from: number, end: number, atMs: number): number {
    if (end === from || !batch.isOwed) return 0;
    this.counts.received += end - from;
    batch.arrived(end - from, atMs);
    this.#stream.taken(batch, this);
    this.#complete(batch, end, atMs);
    return end - from;
  }

  /** A planned slow reader does not make a tick late. */
  #complete(batch: ExpectedBatch, end: number, atMs: number): void {
    if (end === batch.size && !this.#slow) batch.complete(atMs);
  }

  /** An expected item has arrived. */
  take({ batch, item }: Place, atMs: number): void {
    if (this.arrived(batch, item, item + 1, atMs) > 0) this.report({ kind: "delivered", batch, item, atMs });
  }

  /** A batch is new to the stream from an item on, and the subscriber may have passed it. */
  inserted(place: Place): void {
    // Who has ended by then has passed it, too: unlike a regenerated stream, a learned one is settled later.
    if (this.ended && (!this.#stream.isLearned || this.isCutOff)) return;
    if (!this.#cursor.hasPassed(place.batch)) return;
    this.#stream.passed(place.batch);
    this.#skip(place);
  }

  /** The subscriber has gone past what may still come: a batch from an item on. */
  #skip({ batch, item }: Place): void {
    (this.#skipped ??= new Map()).set(batch, item);
  }

  /** What was skipped and is still part of the stream never came; on a learned one that shows later. */
  close(): void {
    this.#cursor.endHere();
    if (!this.#stream.isLearned) this.settle();
    for (const received of this.#early?.rest ?? [])
      if (!this.#stream.chain.endsWith(received.text)) this.#unexpected(received);
    this.#missed = undefined;
    this.#early = undefined;
    this.ended = true;
  }

  settle(beforeTick = Infinity): void {
    for (const [batch, from] of this.#skipped ?? []) {
      if (batch.tick >= beforeTick) continue;
      this.#skipped?.delete(batch);
      if (!batch.removed) this.#lose(batch, from, batch.size);
    }
  }

  get passedTick(): number {
    return this.ended ? Infinity : (this.#cursor.batch?.tick ?? Infinity);
  }

  get first(): BatchKey | undefined {
    return this.#cursor.first;
  }

  isOverBefore(tick: number): boolean {
    const { last } = this.#cursor;
    return this.ended && (this.#skipped?.size ?? 0) === 0 && (last === undefined || last.tick < tick);
  }

  received(batch: ExpectedBatch): boolean {
    return this.#cursor.covers(batch) && !this.hasSkipped(batch);
  }

  hasSkipped(batch: ExpectedBatch): boolean {
    return this.#skipped?.has(batch) === true;
  }

  displace(batch: ExpectedBatch): void {
    this.#reordered({ batch, item: 0 }, { text: batch.texts[0]!, atMs: batch.firstMs });
  }

  unskip(batch: ExpectedBatch): void {
    this.#skipped?.delete(batch);
  }

  retract(batch: ExpectedBatch, kind: "duplicated" | "unexpected"): void {
    const text = batch.texts[0]!;
    this.counts.received -= 1;
    this.counts[kind] += 1;
    this.report({ kind: "retracted", text, atMs: batch.instantMs });
    this.report({ kind, text, atMs: batch.instantMs });
    this.#diverges(kind, batch, "", { text, atMs: batch.firstMs });
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
    const { isLearned } = this.#stream;
    const early = isLearned || this.#slow ? [] : this.#findEarly(received, wanted, next);
    if (early.length > 0) received = received.filter((frame) => !early.includes(frame));
    const texts = received.map(({ text }) => text);
    // On a learned stream the others tell whether a frame is a repeat or one more of those that recur.
    const isRepeat = (text: string) => !isLearned && this.#isRepeat(text, wanted);
    // Who is behind gets messages at once, and the states that it skipped later.
    const result = this.#slow ? alignByKind(texts, wanted, isState, isRepeat) : align(texts, wanted, isRepeat);
    const last = this.isCutOff ? (result.inOrder.at(-1)?.[1] ?? -1) : Infinity;
    /** The batch that each frame is of, or has become on a learned stream. */
    const batches: (ExpectedBatch | undefined)[] = [];
    for (const [row, column] of [...result.inOrder, ...result.reordered]) {
      batches[row] = expected[column]!.batch;
      this.take(expected[column]!, received[row]!.atMs);
    }
    for (const [row, column] of result.replaced)
      batches[row] = this.#replaced(expected[column]!, wanted[column]!, received[row]!, column <= last);
    for (const row of result.extra) {
      const following = isLearned ? result.inOrder.find(([other]) => other > row)?.[1] : 0;
      const place = expected[following ?? expected.length] ?? next ?? expected[0];
      batches[row] = this.#extra(received[row]!, place, wanted);
    }
    const isConflated = !isLearned && result.missing.some((at) => isReplaced(expected[at]!.batch, expected[at]!.item));
    for (const frame of early) (this.#early ??= new EarlyMessages()).add(frame, isConflated);
    if (result.reordered.length > 0 && !this.#isVotedOn(batches.filter((batch) => batch !== undefined)))
      for (const [row, column] of result.reordered)
        if (!isConflated || isState(texts[row]!)) this.#reordered(expected[column]!, received[row]!);
    for (const column of result.missing) this.#missing(expected[column]!, column <= last);
  }

  /** Messages that stand further on in the stream than this stretch goes. */
  #findEarly(received: readonly PendingFrame[], wanted: readonly string[], next: Place | undefined): PendingFrame[] {
    const strange = received.filter(({ text }) => !wanted.includes(text) && this.#early?.has(text) !== true);
    if (next === undefined || strange.length === 0) return [];
    const { columns } = this.#stream.chain.ahead(next.batch, next.item, earlyItemsMax);
    return strange.filter(({ text }) => columns.has(text) && !isState(text));
  }

  /** On a learned stream the majority decides the order, later; slow readers have no vote. */
  #isVotedOn(received: readonly ExpectedBatch[]): boolean {
    if (this.#slow || !this.#stream.isLearned) return false;
    const rankOf = new Map(received.toSorted(compareKeys).map((batch, rank) => [batch, rank]));
    const disorders = findDisorders(received.map((batch) => rankOf.get(batch) ?? 0));
    return this.#stream.disordered(
      this,
      disorders.map((stretch) => stretch.map((at) => received[at]!)),
    );
  }

  #reordered(place: Place, received: PendingFrame): void {
    if (!place.batch.isOwed) return;
    this.counts.reordered += 1;
    this.report({ kind: "reordered", text: received.text, atMs: received.atMs });
    this.#diverges("reordered", place.batch, received.text, received);
  }

  #replaced(place: Place, expected: string, received: PendingFrame, wasThere: boolean): ExpectedBatch | undefined {
    // A slow reader's frames of a stretch are rarely all of it: nothing says that one stands for another.
    if (this.#stream.isLearned || this.#slow) {
      const learned = this.#extra(received, place);
      this.#missing(place, wasThere);
      return learned;
    }
    if (!place.batch.isOwed) return undefined;
    this.counts.corrupted += 1;
    this.report({ kind: "corrupted", expected, text: received.text, atMs: received.atMs });
    this.#diverges("corrupted", place.batch, expected, received);
    this.#complete(place.batch, place.item + 1, received.atMs);
    return undefined;
  }

  /** Returns what the frame has become on a learned stream. */
  #extra(received: PendingFrame, place?: Place, wanted: readonly string[] = []): ExpectedBatch | undefined {
    const isRecurring = this.#stream.isLearned && this.#isRepeat(received.text);
    if (!isRecurring && (this.#arrivedLate(received) || this.#foundAfterAll(received))) return undefined;
    if (place === undefined ? this.#cursor.isPastEnd(this.#stream.chain) : !place.batch.isOwed) return undefined;
    const learned = place && this.#learnBefore(place.batch, received);
    if (learned !== undefined) return learned;
    const repeat = this.#isRepeat(received.text, wanted) || this.#early?.has(received.text) === true;
    if (repeat) {
      this.counts.duplicated += 1;
      this.report({ kind: "duplicated", text: received.text, atMs: received.atMs });
      this.#diverges("duplicated", place?.batch ?? this.#cursor.batch, "", received);
    } else if (this.#slow && !isState(received.text)) (this.#early ??= new EarlyMessages()).add(received, true);
    else this.#unexpected(received, place?.batch);
    return undefined;
  }

  #unexpected(received: PendingFrame, batch = this.#cursor.batch): void {
    this.counts.unexpected += 1;
    this.report({ kind: "unexpected", text: received.text, atMs: received.atMs });
    this.#diverges("unexpected", batch, "", received);
  }

  /** The first copy of the learned stream lacks this frame: it becomes part of it, received by this subscriber. */
  #learnBefore(following: ExpectedBatch, { text, atMs }: PendingFrame): ExpectedBatch | undefined {
    const batch = this.#stream.learnBefore(following, text);
    if (batch === undefined) return undefined;
    this.report({ kind: "learned", batch, isInserted: true });
    const cursor = this.#cursor;
    const isBehind = cursor.batch === batch.previous && cursor.item === batch.previous?.size;
    const isNext = isBehind || (cursor.batch === following && cursor.item === 0);
    if (isNext) cursor.moveBehind({ batch, item: 0 });
    this.take({ batch, item: 0 }, atMs);
    return batch;
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
    if (this.#slow) return false;
    const overtaking: ExpectedBatch[] = [];
    for (let at = late.next; at !== undefined && overtaking.length <= lateVotedMax; at = at.next) {
      if (this.received(at)) overtaking.push(at);
      if (at === this.#cursor.batch) break;
    }
    return overtaking.length <= lateVotedMax && this.#stream.disordered(this, [[...overtaking, late]]);
  }

  /** A frame that was counted as missing arrives later than the stretch that it was missing from. */
  #foundAfterAll(received: PendingFrame): boolean {
    const missed = this.#missed?.take(received.text);
    if (missed === undefined) return false;
    for (const batch of this.#cursor.lately()) {
      if (compareKeys(batch, missed) !== 0 || batch.texts[missed.item] !== received.text) continue;
      const { countedAs, item } = missed;
      this.counts[countedAs] -= 1;
      if (countedAs === "lost") this.report({ kind: "found", text: received.text, atMs: batch.instantMs });
      this.take({ batch, item }, received.atMs);
      if (!this.#slow || !isState(received.text)) this.#reordered({ batch, item }, received);
      return true;
    }
    return false;
  }

  /**
   * On a learned stream those who were there vote by what they received: not who was gone already, nor who may skip
   * what the others get.
   */
  #missing({ batch, item }: Place, wasThere: boolean): void {
    if (this.#stream.isLearned) {
      if (wasThere && !this.#slow) this.#stream.passed(batch);
      this.#skip({ batch, item });
      return;
    }
    this.#lose(batch, item, item + 1);
  }

  #lose(batch: ExpectedBatch, from: number, to: number): void {
    if (!batch.isOwed) return;
    for (let item = from; item < to; item += 1) {
      const text = batch.texts[item]!;
      if (this.#slow && isReplaced(batch, item)) {
        this.#miss({ batch, item }, "conflated");
        continue;
      }
      const early = this.#early?.take(text);
      if (early !== undefined) {
        this.take({ batch, item }, early.atMs);
        if (!early.isConflated) this.#reordered({ batch, item }, early);
      } else if (this.#stream.isReference(batch)) {
        this.#miss({ batch, item }, "lost");
        this.report({ kind: "lost", text, atMs: batch.instantMs });
        this.#diverges("lost", batch, text);
      }
    }
  }

  #miss(place: Place, countedAs: "lost" | "conflated"): void {
    this.counts[countedAs] += 1;
    (this.#missed ??= new MissedItems()).add(place, countedAs);
  }

  /** Whether this content was already received lately, or is one of `wanted` more often than that has it. */
  #isRepeat(text: string, wanted: readonly string[] = []): boolean {
    if (wanted.includes(text)) return true;
    let end: number | undefined = this.#cursor.item;
    for (const batch of this.#cursor.lately()) {
      const received = Math.min(end ?? batch.size, this.#skipped?.get(batch) ?? Infinity);
      if (received > 0 && batch.texts.lastIndexOf(text, received - 1) >= 0) return true;
      end = undefined;
    }
    return false;
  }

  #diverges(kind: FaultKind, batch: ExpectedBatch | undefined, expected: string, received?: PendingFrame): void {
    this.divergence ??= {
      kind,
      tick: batch?.tick ?? 0,
      expected: excerpt(expected),
      received: excerpt(received?.text ?? ""),
      atMs: received?.atMs ?? this.#stream.nowMs(),
    };
  }
}
