/**
 * Counts WebSocket text frames in a stream of bytes without copying any of it.
 *
 * Invariant: between two reads it keeps at most one partial frame header. Payloads are only looked at when
 * somebody asks for them.
 */

/** Gets each frame's payload in pieces, the last one with `isLast`. */
export type PayloadSink = (bytes: Buffer, isLast: boolean) => void;

const headerBytesMax = 10;

function headerLength(secondByte: number): number {
  const length = secondByte & 127;
  if (length < 126) return 2;
  return length === 126 ? 4 : headerBytesMax;
}

export class FrameCounter {
  /** Complete frames seen. */
  frames = 0;
  readonly #sink: PayloadSink | undefined;
  /** Payload bytes of the present frame still to come. */
  #missing = 0;
  #header: Buffer | null = null;
  #headerBytes = 0;

  constructor(sink?: PayloadSink) {
    this.#sink = sink;
  }

  /** Takes the bytes of one read; they may be overwritten afterwards. */
  read(bytes: Buffer): void {
    let offset = 0;
    if (this.#missing > 0) offset = this.#skip(bytes, 0);
    while (offset < bytes.length) {
      if (
        this.#headerBytes > 0 ||
        bytes.length - offset < 2 ||
        bytes.length - offset < headerLength(bytes[offset + 1])
      ) {
        offset = this.#collectHeader(bytes, offset);
      } else {
        const length = headerLength(bytes[offset + 1]);
        this.#missing = payloadLength(bytes, offset);
        offset = this.#skip(bytes, offset + length);
      }
    }
  }

  #skip(bytes: Buffer, offset: number): number {
    const end = Math.min(bytes.length, offset + this.#missing);
    this.#missing -= end - offset;
    if (this.#sink !== undefined) this.#sink(bytes.subarray(offset, end), this.#missing === 0);
    if (this.#missing === 0) this.frames += 1;
    return end;
  }

  /** A header that two reads share, byte by byte. */
  #collectHeader(bytes: Buffer, offset: number): number {
    const header = (this.#header ??= Buffer.alloc(headerBytesMax));
    header[this.#headerBytes++] = bytes[offset];
    if (this.#headerBytes < 2 || this.#headerBytes < headerLength(header[1])) return offset + 1;
    this.#missing = payloadLength(header, 0);
    this.#headerBytes = 0;
    return this.#skip(bytes, offset + 1);
  }
}

function payloadLength(bytes: Buffer, offset: number): number {
  const length = bytes[offset + 1] & 127;
  if (length < 126) return length;
  return length === 126 ? bytes.readUInt16BE(offset + 2) : bytes.readUInt32BE(offset + 6);
}
