/**
 * The fast path of a thin subscriber: bytes that are the expected ones are counted, a tick's run of frames at once.
 *
 * Compressed frames are compared with those that another subscriber has received, and had inflated, before; plain ones
 * with the expected stream itself.
 *
 * Invariant: of a frame that has arrived in part, the matching part is kept as a count, not as a copy.
 */
import { compressedTextFrame } from "../core/frames.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { InflatePosition } from "./inflated-messages.js";
import type { MessageReader } from "./message-reader.js";
import type { DeliveryEvents } from "./subscriber.js";

export class FastPath {
  /** There once permessage-deflate was agreed. */
  inflating: InflatePosition | undefined;
  #matcher: StreamMatcher;
  #events: DeliveryEvents;
  /** Bytes of the next frame that have arrived and fit. */
  #matchedBytes = 0;
  /** The bytes that they fit, and where the frame begins there: the batch may change meanwhile. */
  #matched: Buffer | undefined;
  #matchedFrom = 0;

  constructor(matcher: StreamMatcher, events: DeliveryEvents) {
    this.#matcher = matcher;
    this.#events = events;
  }

  rebind(matcher: StreamMatcher, events: DeliveryEvents): void {
    this.#matcher = matcher;
    this.#events = events;
  }

  /** As far as the bytes are the expected ones. Returns where they stop being so. */
  follow(bytes: Buffer, start: number, end: number, atMs: number): number {
    const matcher = this.#matcher;
    let offset = start;
    while (offset < end && matcher.settle()) {
      const batch = matcher.batch;
      if (batch === undefined) break;
      const first = this.#matchedBytes > 0 ? this.#matched![this.#matchedFrom] : bytes[offset];
      const next =
        first === compressedTextFrame && this.inflating !== undefined
          ? this.#followCompressed(this.inflating, batch, bytes, offset, end, atMs)
          : this.#followPlain(batch, bytes, offset, end, atMs);
      if (next === offset) break;
      offset = next;
    }
    return offset;
  }

  #followPlain(batch: ExpectedBatch, bytes: Buffer, offset: number, end: number, atMs: number): number {
    const matcher = this.#matcher;
    const { bytes: expected, ends } = batch.wire;
    if (this.#matchedBytes > 0 && expected !== this.#matched) return offset;
    const from = (matcher.item === 0 ? 0 : ends[matcher.item - 1]!) + this.#matchedBytes;
    const length = Math.min(end - offset, expected.length - from);
    if (bytes.compare(expected, from, from + length, offset, offset + length) !== 0) return offset;
    this.#arrived(batch, from + length, atMs);
    this.#matchedBytes = matcher.partBytes;
    this.#matched = expected;
    this.#matchedFrom = from + length - this.#matchedBytes;
    return offset + length;
  }

  #followCompressed(
    inflating: InflatePosition,
    batch: ExpectedBatch,
    bytes: Buffer,
    offset: number,
    end: number,
    atMs: number,
  ): number {
    const matcher = this.#matcher;
    const { run } = inflating;
    const isKnown =
      inflating.findRun(batch, matcher.item) ||
      (this.#matchedBytes === 0 && inflating.learn(bytes, offset, end) && inflating.findRun(batch, matcher.item));
    if (!isKnown) return offset;
    if (this.#matchedBytes > 0 && (run.bytes !== this.#matched || run.from !== this.#matchedFrom)) return offset;
    const from = run.from + this.#matchedBytes;
    const length = Math.min(end - offset, run.to - from);
    if (bytes.compare(run.bytes, from, from + length, offset, offset + length) !== 0) return offset;
    const frames = inflating.take(from + length);
    if (frames > 0) this.#arrived(batch, batch.wire.ends[matcher.item + frames - 1]!, atMs);
    this.#matched = run.bytes;
    this.#matchedFrom = inflating.frameStart;
    this.#matchedBytes = from + length - this.#matchedFrom;
    matcher.partBytes = this.#matchedBytes;
    return offset + length;
  }

  /** Bytes of the batch's own frames, up to `end`. */
  #arrived(batch: ExpectedBatch, end: number, atMs: number): void {
    const matcher = this.#matcher;
    const count = matcher.arrived(batch, end, atMs);
    if (count > 0) this.#events.delivered(matcher, batch, matcher.item - count, count, atMs);
  }

  /** The next bytes are not the expected ones: what matched of a frame so far is the beginning of another. */
  forget(reader: MessageReader): void {
    const from = this.#matchedFrom;
    const matched = this.#matchedBytes;
    this.#matchedBytes = 0;
    if (matched > 0 && this.#matched !== undefined) reader.read(this.#matched, from, from + matched);
    this.#matched = undefined;
  }

  release(): void {
    this.#matched = undefined;
    this.#matchedBytes = 0;
    this.inflating = undefined;
  }
}
