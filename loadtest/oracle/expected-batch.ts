/** A part of the stream that leaves the server at once: the events of a tick, or of a command. */
import { encodeTextFrames } from "../core/frames.js";

/** Place of a batch in the stream. Ticks have sequence 0, the commands after a tick their log's sequence. */
export interface BatchKey {
  readonly tick: number;
  readonly sequence: number;
}

/** A batch on its way from the oracle to the subscribers: plain data. */
export interface PlannedBatch extends BatchKey {
  /** On the host's monotonic clock; NaN where nobody knows it. */
  readonly intendedMs: number;
  /** Socket.IO event arrays as JSON: `["market:update",{…}]`, in order. */
  readonly texts: readonly string[];
}

/** Orders batches as the server sends them. */
export function compareKeys(a: BatchKey, b: BatchKey): number {
  return a.tick - b.tick || a.sequence - b.sequence;
}

export class ExpectedBatch implements BatchKey {
  readonly tick: number;
  readonly sequence: number;
  intendedMs: number;
  /** How far the batch was changed since it came: encodings learned from the wire. */
  readonly texts: string[];
  /** When it left the server by its own word, on the host's monotonic clock; NaN where it does not say. */
  emittedMs = Number.NaN;
  next: ExpectedBatch | undefined;
  previous: ExpectedBatch | undefined;
  /** Taken out of the stream again: nobody owes it. */
  removed = false;
  /** False beyond the end of the run. */
  isOwed = true;
  /** Arrivals over all subscribers of this process. */
  firstMs = Infinity;
  lastMs = -Infinity;
  completed = 0;
  /** Items of it that subscribers received. */
  taken = 0;
  /** Subscribers that received all of it at once and are not counted by event yet. */
  wholes = 0;
  #wire: { readonly bytes: Buffer; readonly ends: Uint32Array } | undefined;

  constructor(planned: PlannedBatch) {
    this.tick = planned.tick;
    this.sequence = planned.sequence;
    this.intendedMs = planned.intendedMs;
    this.texts = [...planned.texts];
  }

  /** All frames of the batch as they lie on a WebSocket, and where each ends. */
  get wire(): { readonly bytes: Buffer; readonly ends: Uint32Array } {
    return (this.#wire ??= encodeTextFrames(this.texts));
  }

  /** Items of it have arrived at a subscriber. */
  arrived(count: number, atMs: number): void {
    this.taken += count;
    if (atMs < this.firstMs) this.firstMs = atMs;
  }

  /** All of it has arrived at a subscriber. */
  complete(atMs: number): void {
    this.completed += 1;
    if (atMs > this.lastMs) this.lastMs = atMs;
  }

  /** The server writes this item otherwise than the oracle (key order, number format), with the same meaning. */
  rewrite(item: number, text: string): void {
    this.texts[item] = text;
    this.#wire = undefined;
  }

  /** When it was meant to leave; where nobody knows, when it arrived first. */
  get instantMs(): number {
    return Number.isNaN(this.intendedMs) ? this.firstMs : this.intendedMs;
  }

  get size(): number {
    return this.texts.length;
  }
}

/** Where an item of the stream is. */
export interface Place {
  readonly batch: ExpectedBatch;
  readonly item: number;
}
