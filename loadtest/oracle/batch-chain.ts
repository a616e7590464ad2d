/**
 * What every subscriber must receive, as a chain of batches: one for each tick, one for each command.
 *
 * A subscriber holds a pointer into the chain, so batches that everybody has passed are collected as
 * garbage; only the last `recentMax` stay findable. Batches may be inserted or replaced behind the
 * subscribers (a command that became known late): the surprising part, see `amend`.
 */
import { type BatchKey, ExpectedBatch, type Place, type PlannedBatch, compareKeys } from "./expected-batch.js";

/** A stretch of the stream: its items, and what they say. */
export interface Stretch {
  readonly places: readonly Place[];
  readonly texts: readonly string[];
  /** Where each text stands. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

/** A stretch as it was at some version of the stream. */
interface StreamWindow extends Place, Stretch {
  readonly itemsMax: number;
  readonly version: number;
}

function columnsOf(texts: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const columns = new Map<string, number[]>();
  texts.forEach((text, column) => {
    const known = columns.get(text);
    if (known === undefined) columns.set(text, [column]);
    else known.push(column);
  });
  return columns;
}

const recentMax = 512;

export class BatchChain {
  /** Oldest first; never empty batches. */
  readonly recent: ExpectedBatch[] = [];
  /** The end is fixed. */
  closed = false;
  /** Rises with every change, so that what was derived from the stream can be kept until then. */
  version = 0;
  /** The first that can still be reached from those behind it, where that is more than the recent ones. */
  #oldest: ExpectedBatch | undefined;
  readonly #keepsUntilReleased: boolean;
  #firstOwed: BatchKey = { tick: -Infinity, sequence: 0 };
  #lastTick = Infinity;
  #window: StreamWindow | undefined;

  /** With `keepsUntilReleased` batches are reached from those behind them until they are released. */
  constructor(keepsUntilReleased = false) {
    this.#keepsUntilReleased = keepsUntilReleased;
  }

  get tail(): ExpectedBatch | undefined {
    return this.recent.at(-1);
  }

  append(planned: PlannedBatch): ExpectedBatch | undefined {
    if (planned.texts.length === 0) return undefined;
    this.version += 1;
    const batch = new ExpectedBatch(planned);
    batch.isOwed = this.#owes(batch);
    const last = this.tail;
    if (last !== undefined) {
      last.next = batch;
      batch.previous = last;
    }
    this.recent.push(batch);
    if (this.#keepsUntilReleased) this.#oldest ??= batch;
    if (this.recent.length > recentMax) {
      this.recent.shift();
      if (!this.#keepsUntilReleased) this.recent[0]!.previous = undefined;
    }
    return batch;
  }

  /** Nothing before this tick is looked for any more. */
  release(beforeTick: number): void {
    while (this.#oldest?.next !== undefined && this.#oldest.tick < beforeTick) {
      this.#oldest = this.#oldest.next;
      this.#oldest.previous = undefined;
    }
  }

  /**
   * Puts batches where they belong by key, replaces those with the same key, and takes out `removed`.
   * Returns what was inserted before the end: subscribers may have passed its place.
   */
  amend(planned: readonly PlannedBatch[], removed: readonly BatchKey[]): readonly Place[] {
    for (const key of removed) this.#remove(key);
    const inserted: Place[] = [];
    for (const batch of planned) {
      const last = this.tail;
      if (last === undefined || compareKeys(last, batch) < 0) {
        this.append(batch);
        continue;
      }
      const place = this.recent.findIndex((other) => compareKeys(other, batch) >= 0);
      const found = this.recent[place]!;
      if (compareKeys(found, batch) === 0) {
        const { size } = found;
        this.#replace(found, batch);
        if (found.size > size) inserted.push({ batch: found, item: size });
      } else if (batch.texts.length > 0) inserted.push({ batch: this.insertBefore(found, batch), item: 0 });
    }
    return inserted;
  }

  insertBefore(found: ExpectedBatch, planned: PlannedBatch): ExpectedBatch {
    this.version += 1;
    const batch = new ExpectedBatch(planned);
    batch.isOwed = this.#owes(batch);
    batch.next = found;
    batch.previous = found.previous;
    if (found.previous !== undefined) found.previous.next = batch;
    found.previous = batch;
    const place = this.recent.indexOf(found);
    if (place >= 0) this.recent.splice(place, 0, batch);
    return batch;
  }

  /**
   * The items from a place on. Subscribers that stumble do so at the same place, so the last answer is kept.
   */
  ahead(batch: ExpectedBatch, item: number, itemsMax: number): Stretch {
    const known = this.#window;
    if (
      known?.batch === batch &&
      known.item === item &&
      known.itemsMax === itemsMax &&
      known.version === this.version
    ) {
      return known;
    }
    const places: Place[] = [];
    let from = item;
    for (
      let at: ExpectedBatch | undefined = batch;
      at !== undefined && places.length < itemsMax;
      at = at.next, from = 0
    ) {
      if (at.removed) continue;
      for (; from < at.size; from += 1) places.push({ batch: at, item: from });
    }
    const texts = places.map((place) => place.batch.texts[place.item]!);
    const window = { batch, item, itemsMax, version: this.version, places, texts, columns: columnsOf(texts) };
    this.#window = window;
    return window;
  }

  /** The server writes an item otherwise, with the same meaning. */
  rewrite({ batch, item }: Place, text: string): void {
    batch.rewrite(item, text);
    this.version += 1;
  }

  retime(intendedMsByTick: ReadonlyMap<number, number>): void {
    for (const batch of this.recent) {
      const intendedMs = batch.sequence === 0 ? intendedMsByTick.get(batch.tick) : undefined;
      if (intendedMs !== undefined) batch.intendedMs = intendedMs;
    }
  }

  /**
   * Nothing after the batches of this tick is owed. What comes later stays in the stream: a subscriber that
   * has stumbled before the end is judged by what it runs into after it.
   */
  close(lastTick: number): void {
    this.version += 1;
    this.closed = true;
    this.#lastTick = lastTick;
    for (const batch of this.recent) batch.isOwed = this.#owes(batch);
  }

  /** A closed chain goes on: what was meant to leave after an instant is owed again. */
  reopen(atMs: number): void {
    this.version += 1;
    const { tail } = this;
    this.closed = false;
    this.#lastTick = Infinity;
    this.#firstOwed = this.firstAfter(atMs) ?? { tick: (tail?.tick ?? -Infinity) + 0.5, sequence: 0 };
    for (const batch of this.recent) batch.isOwed = this.#owes(batch);
  }

  /** The first batch that was meant to leave after an instant, once it is known. */
  firstAfter(atMs: number): ExpectedBatch | undefined {
    let place = this.recent.length;
    while (place > 0 && !(this.recent[place - 1]!.instantMs < atMs)) place -= 1;
    return this.recent[place];
  }

  /** Whether this content stands behind the last that is owed. */
  endsWith(text: string): boolean {
    return this.recent.some(({ isOwed, texts }) => !isOwed && texts.includes(text));
  }

  #owes(batch: BatchKey): boolean {
    return compareKeys(batch, this.#firstOwed) >= 0 && compareKeys(batch, { tick: this.#lastTick, sequence: 0 }) <= 0;
  }

  #replace(found: ExpectedBatch, planned: PlannedBatch): void {
    this.version += 1;
    found.intendedMs = planned.intendedMs;
    if (planned.texts.length === 0) return this.#remove(found);
    const same =
      found.texts.length === planned.texts.length && planned.texts.every((text, at) => found.texts[at] === text);
    if (same) return;
    found.texts.length = planned.texts.length;
    planned.texts.forEach((text, at) => found.rewrite(at, text));
  }

  #remove(key: BatchKey): void {
    const place = this.recent.findIndex((batch) => compareKeys(batch, key) === 0);
    const [batch] = place < 0 ? [] : this.recent.splice(place, 1);
    if (batch === undefined) return;
    this.version += 1;
    batch.removed = true;
    if (batch.previous !== undefined) batch.previous.next = batch.next;
    if (batch.next !== undefined) batch.next.previous = batch.previous;
  }
}
