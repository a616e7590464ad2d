/** A place in the expected stream that moves forwards with what arrives, and copes with batches that come and go. */
import type { ExpectedBatch, ExpectedStream, Place, Stretch } from "./stream.js";

const nothing: Stretch = { places: [], texts: [], columns: new Map() };

export class Cursor {
  /** The batch of the last accepted or next expected item. */
  batch: ExpectedBatch | undefined;
  /** Next expected item of the batch; its size once the batch is done. */
  item = 0;

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
  ahead(stream: ExpectedStream, itemsMax: number): Stretch {
    const { batch } = this;
    if (batch === undefined || !this.settle()) return nothing;
    return stream.ahead(this.batch as ExpectedBatch, this.item, itemsMax);
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
}
