/**
 * One deflate stream for all subscribers (permessage-deflate, RFC 7692): a batch is compressed once, whoever gets it.
 *
 * Invariant: a compressed batch refers only to batches since the last cut of the history, so whoever has received all
 * of these can inflate it, and nobody else gets it: a subscriber joins at a cut, and one that has missed a compressed
 * batch gets uncompressed frames until the next. Uncompressed frames do not enter a subscriber's window (section
 * 7.2.3.2), so whatever goes past this stream leaves it as it was.
 *
 * The history is cut only while somebody waits for it: among the same subscribers it goes on for ever.
 */
import { monotonicMs } from "../core/timers.js";
import { type SyncDeflate, createSyncDeflate } from "./internals.js";
import {
  type CompressedFrames,
  type WireBatch,
  finalTextFrame,
  headerBytes,
  payloadOf,
  writeHeader,
} from "./wire-batch.js";

export interface SharedDeflateOptions {
  /** Between two cuts of the history at least. Milliseconds. */
  readonly keyIntervalMs: number;
  /** This Node.js has no such member, so nothing is compressed. */
  readonly reportMissing: (member: string) => void;
}

/** RSV1: the first frame of a compressed message (RFC 7692, section 6). */
const compressedTextFrame = finalTextFrame | 0x40;
/** What a sync flush ends with, and a message leaves out (section 7.2.1). */
const trailerBytes = 4;
/** A larger batch would hold up the event loop; it is sent as it is. */
const batchBytesMax = 262_144;
/** More than deflate adds to what it cannot compress. */
const growthBytesMax = 64;

export class SharedDeflate {
  readonly #options: SharedDeflateOptions;
  /** Made for the first subscriber; null where this Node.js has none. */
  #deflate: SyncDeflate | null | undefined;
  #scratch = Buffer.alloc(0);
  /** Compressed batches so far. */
  #position = 0;
  #cutAtMs = -Infinity;
  /** Of the subscribers of the last batch: somebody could inflate it, somebody waits for a cut. */
  #isFollowed = false;
  #isAwaited = false;

  constructor(options: SharedDeflateOptions) {
    this.#options = options;
  }

  /** A subscriber has got what was compressed. */
  noteFollower(): void {
    this.#isFollowed = true;
  }

  /** A subscriber could inflate, and has got a batch uncompressed. */
  noteWaiting(): void {
    this.#isAwaited = true;
  }

  /** The batch with its compressed frames, where somebody takes them; the batch itself otherwise. */
  compress(batch: WireBatch): WireBatch {
    if (!(this.#isFollowed || this.#isAwaited) || batch.bytes.length > batchBytesMax) return batch;
    const nowMs = monotonicMs();
    const isKey = this.#isAwaited && nowMs - this.#cutAtMs >= this.#options.keyIntervalMs;
    if (!isKey && !this.#isFollowed) return batch;
    if (this.#deflate === undefined) this.#deflate = createSyncDeflate(this.#options.reportMissing);
    if (this.#deflate === null) return batch;
    if (isKey) {
      this.#deflate.reset();
      this.#cutAtMs = nowMs;
    }
    this.#isFollowed = this.#isAwaited = false;
    const follows = isKey ? null : this.#position;
    this.#position += 1;
    try {
      return { ...batch, compressed: this.#encode(batch, this.#deflate, follows) };
    } catch (error) {
      // Not expected; it must not cost anybody the batch.
      this.#deflate = null;
      this.#options.reportMissing(`node:zlib: ${String(error)}`);
      return batch;
    }
  }

  #encode(batch: WireBatch, deflate: SyncDeflate, follows: number | null): CompressedFrames {
    const count = batch.packets.length;
    const room = 2 * batch.bytes.length + count * growthBytesMax;
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(room);
    const scratch = this.#scratch;
    const ends: number[] = [];
    let end = 0;
    let total = 0;
    for (let index = 0; index < count; index += 1) {
      const bytes = deflate.write(payloadOf(batch, index), scratch, end) - trailerBytes;
      end += bytes;
      ends.push(end);
      total += headerBytes(bytes) + bytes;
    }
    const bytes = Buffer.allocUnsafe(total);
    let from = 0;
    let offset = 0;
    for (const to of ends) {
      offset = writeHeader(bytes, offset, to - from, compressedTextFrame);
      offset += scratch.copy(bytes, offset, from, to);
      from = to;
    }
    return { bytes, follows, position: this.#position };
  }
}
