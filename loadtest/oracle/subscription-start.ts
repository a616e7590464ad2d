/**
 * Where a subscription began in the expected stream: its first frames say so, and the instant of its connection.
 *
 * Frames recur, so few of them may stand in several places: then more are waited for.
 */
import { sameMeaning } from "./content.js";
import { type ExpectedBatch, type Place, compareKeys } from "./expected-batch.js";
import type { ExpectedStream } from "./expected-stream.js";
import { type PendingFrame, resyncFrames } from "./pending-frames.js";

/** A subscriber whose first frames fit nowhere waits this long for others that know them. */
const joinPatienceMs = 1000;
/** Frames beyond those that prove a place, to tell two places apart. */
const furtherFrames = 5;

/** From where on a subscriber is expected to receive everything. */
export interface Beginning {
  /** Undefined where the stream is learned, and this subscriber is the first to tell of it. */
  readonly batch: ExpectedBatch | undefined;
  readonly item: number;
  /** So many of its first frames were told this subscriber alone. */
  readonly greetings: number;
}

export class SubscriptionStart {
  readonly #stream: ExpectedStream;
  #connectedMs = Infinity;
  /** Whether it is back from an absence: the server may have another timetable by then. */
  readonly #isBack: boolean;
  #anchor: ExpectedBatch | undefined;

  constructor(stream: ExpectedStream, isBack: boolean) {
    this.#stream = stream;
    this.#isBack = isBack;
  }

  connected(atMs: number): void {
    // What may have left before, by a clock that is not known exactly, is owed where it comes.
    this.#connectedMs = atMs + this.#stream.uncertaintyMs;
    if (!this.#isBack) this.#anchor = this.anchor;
  }

  /** The first batch that was meant to leave after the connection, once it is known. */
  get anchor(): ExpectedBatch | undefined {
    return this.#anchor ?? this.#stream.chain.firstAfter(this.#connectedMs);
  }

  /** Lets go of the stream. */
  end(): void {
    this.#anchor = undefined;
  }

  /** Undefined while the frames do not say it. `atEnd`: there will be no more of them. */
  find(frames: readonly PendingFrame[], atEnd: boolean): Beginning | undefined {
    if (frames.length === 0) return undefined;
    if (this.#isBack && !atEnd && !this.#stream.isLearned && !this.#stream.isKnown(frames[0]!.atMs)) return undefined;
    const recent = this.#candidates();
    for (let skip = 0; skip < frames.length; skip += 1) {
      const proof = frames.slice(skip, skip + resyncFrames + furtherFrames);
      const places = findPlaces(recent, proof);
      if (places.length === 0 && (atEnd || this.#stream.isKnown(frames[skip]!.atMs))) continue;
      // The frames before this one waited in vain; that says nothing of a frame that has not waited as long.
      if (places.length === 0 && skip > 0)
        return this.#isAlone(frames[0]!.atMs) ? this.#asFirst(frames[0]!.atMs) : undefined;
      if (places.length === 1 && !atEnd && this.#isTooLittle(places[0]!, proof.length)) return undefined;
      if (places.length === 1 && skip > 0 && this.#isUnproven(places[0]!, proof.length)) continue;
      if (places.length !== 1 && !atEnd) return this.#asFirst(frames[0]!.atMs);
      if (places.length === 0) continue;
      return this.#at(places[places.length - 1]!, skip);
    }
    return this.#asFirst(frames[0]!.atMs);
  }

  /** Where the subscription may begin: a learned stream tells when others had a frame, and not long before this one. */
  #candidates(): readonly ExpectedBatch[] {
    const { isLearned, chain } = this.#stream;
    if (!isLearned) return chain.recent;
    const fromMs = this.#connectedMs - joinPatienceMs;
    return chain.recent.filter((batch) => !(batch.instantMs < fromMs));
  }

  /**
   * What one server tells each newcomer alone stands in a learned stream already, learned from another: a frame or
   * two prove a place only where nobody has come further.
   */
  #isTooLittle({ batch, item }: Place, frames: number): boolean {
    if (!this.#stream.isLearned || frames >= resyncFrames) return false;
    let left = batch.size - item;
    for (let next = batch.next; left <= frames && next !== undefined; next = next.next) left += next.size;
    return left > frames;
  }

  /**
   * Whether fewer frames than prove a place fit at this one, because the learned stream or the frames end there: the
   * stream's last frame may be one that recurs, and then any of its copies would fit.
   */
  #isUnproven({ batch, item }: Place, frames: number): boolean {
    if (!this.#stream.isLearned) return false;
    let left = batch.size - item;
    for (let next = batch.next; left < resyncFrames && next !== undefined; next = next.next) left += next.size;
    return Math.min(left, frames) < resyncFrames;
  }

  /** Whether nobody has received anything that is new since this subscriber has. */
  #isAlone(firstMs: number): boolean {
    const { tail } = this.#stream.chain;
    return tail === undefined || tail.instantMs < firstMs;
  }

  /** Nobody else receives anything: this subscriber's copy founds the reference. */
  #asFirst(firstMs: number): Beginning | undefined {
    const { isLearned, chain } = this.#stream;
    if (!isLearned) return undefined;
    const { tail } = chain;
    if (tail !== undefined && this.#stream.nowMs() - firstMs < joinPatienceMs) return undefined;
    return { batch: tail, item: tail?.size ?? 0, greetings: 0 };
  }

  /** Where nobody can regenerate the stream, what came before the place was told this subscriber alone. */
  #at(place: Place, skipped: number): Beginning {
    return this.#stream.isLearned
      ? { batch: place.batch, item: 0, greetings: skipped }
      : { batch: this.#firstOwed(place, skipped), item: 0, greetings: 0 };
  }

  /** A tick is one batch: whoever received part of it, or is connected since before it, is owed all of it. */
  #firstOwed({ batch, item }: Place, skipped: number): ExpectedBatch {
    let before = item;
    while (before < skipped && batch.previous !== undefined) {
      batch = batch.previous;
      before += batch.size;
    }
    const { anchor } = this;
    return anchor !== undefined && compareKeys(anchor, batch) < 0 ? anchor : batch;
  }
}

/**
 * Places where the stream reads like these frames. At its end fewer of them need to fit, but not where all fit at another
 * place alone, and one of them stands nowhere else: a frame that recurs would fit at every end.
 */
function findPlaces(recent: readonly ExpectedBatch[], frames: readonly PendingFrame[]): Place[] {
  const places: Place[] = [];
  const whole: Place[] = [];
  for (const batch of recent) {
    let item = batch.texts.indexOf(frames[0]!.text);
    while (item >= 0) {
      const fitting = countFitting({ batch, item }, frames);
      if (fitting !== undefined) places.push({ batch, item });
      if (fitting === frames.length) whole.push({ batch, item });
      item = batch.texts.indexOf(frames[0]!.text, item + 1);
    }
  }
  const isCertain = () => frames.some(({ text }) => recent.filter(({ texts }) => texts.includes(text)).length === 1);
  return places.length > 1 && whole.length === 1 && isCertain() ? whole : places;
}

/** How many of the frames fit before the stream ends; undefined where one does not. */
function countFitting(place: Place, frames: readonly PendingFrame[]): number | undefined {
  let batch: ExpectedBatch | undefined = place.batch;
  let { item } = place;
  for (const [at, { text }] of frames.entries()) {
    while (batch !== undefined && item >= batch.size) {
      batch = batch.next;
      item = 0;
    }
    if (batch === undefined) return at;
    // A place that only runs beyond the end of the plan must not win over the right one, written in another way.
    if (batch.texts[item] !== text && !sameMeaning(batch.texts[item]!, text)) return undefined;
    item += 1;
  }
  return frames.length;
}
