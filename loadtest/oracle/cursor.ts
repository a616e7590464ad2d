/** A place in the expected stream that moves forwards with what arrives, and copes with batches that come and go. */
import type { BatchChain, Stretch } from "./batch-chain.js";
import { type BatchKey, type ExpectedBatch, type Place, compareKeys } from "./expected-batch.js";

const lookBackBatchesMax = 64;
const nothing: Stretch = { places: [], texts: [], columns: new Map() };

export class Cursor {
  /** The batch of the last accepted or next expected item. */
  batch: ExpectedBatch | undefined;
  /** Next expected item of the batch; its size once the batch is done. */
  item = 0;
  /** Where the subscription began; what was inserted before went to others. No batch: it would hold all later ones. */
  #first: BatchKey | undefined;
  /** Where it ended. */
  #last: (BatchKey & { readonly item: number }) | undefined;

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

  /** Expected items from the present place on. */
  ahead(chain: BatchChain, itemsMax: number): Stretch {
    const { batch } = this;
    if (batch === undefined || !this.settle()) return nothing;
    return chain.ahead(this.batch as ExpectedBatch, this.item, itemsMax);
  }

  /** The chain is closed, and nothing that lies ahead is owed. */
  isPastEnd(chain: BatchChain): boolean {
    return chain.closed && (!this.settle() || this.batch?.isOwed === false);
  }

  /** What comes from this batch on is owed. */
  beginAt({ tick, sequence }: BatchKey): void {
    this.#first = { tick, sequence };
  }

  /** Where the subscription began. */
  get first(): BatchKey | undefined {
    return this.#first;
  }

  /** Where it ended; undefined before that, and where it never began. */
  get last(): BatchKey | undefined {
    return this.#last;
  }

  endHere(): void {
    this.#last = this.#position();
  }

  get hasBegun(): boolean {
    return this.#first !== undefined;
  }

  /** Whether a batch lies between the beginning and here, or the end. */
  hasPassed(batch: BatchKey): boolean {
    const last = this.#last ?? this.#position();
    const isOwed = this.#first === undefined || compareKeys(batch, this.#first) >= 0;
    return isOwed && last !== undefined && compareKeys(batch, last) < 0;
  }

  /** The same, with the items before its place. */
  covers(batch: BatchKey): boolean {
    if (this.#first === undefined) return false;
    const last = this.#last ?? this.#position();
    return this.hasPassed(batch) || (last !== undefined && last.item > 0 && compareKeys(batch, last) === 0);
  }

  /** The batches that were passed last, beginning with the present one. */
  *lately(): Generator<ExpectedBatch> {
    let { batch } = this;
    for (let back = 0; batch !== undefined && back < lookBackBatchesMax; back += 1, batch = batch.previous) yield batch;
  }

  moveTo({ batch, item }: Place): void {
    this.batch = batch;
    this.item = item;
  }

  moveBehind({ batch, item }: Place): void {
    this.batch = batch;
    this.item = item + 1;
  }

  moveToStart(batch: ExpectedBatch | undefined): void {
    this.batch = batch;
    this.item = 0;
  }

  /** The batch was taken out of the stream: what comes next is known to the one before. */
  #stepBack(): void {
    let { batch } = this;
    while (batch?.removed === true && batch.previous !== undefined) batch = batch.previous;
    if (batch === undefined || batch.removed) return;
    this.batch = batch;
    this.item = batch.size;
  }

  #position(): (BatchKey & { readonly item: number }) | undefined {
    const { batch, item } = this;
    return batch && { tick: batch.tick, sequence: batch.sequence, item };
  }
}
