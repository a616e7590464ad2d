/**
 * Inflates what clients send, each message for itself (`client_no_context_takeover`), in place of ws's own inflater:
 * that keeps a zlib stream for each connection that has ever sent a compressed message, and works in the thread pool.
 *
 * Invariant: nothing stays after a message, and no message inflates to more than its limits, which end the inflating.
 */
import { constants, inflateRawSync } from "node:zlib";
import type { DeflateParams, MessageInflate } from "./internals.js";

export interface InflateLimits {
  /** Of an inflated message. Bytes. */
  readonly bytesMax: number;
  /** Why a message was refused: it is counted. */
  readonly onRefused: (reason: "inflate" | "inflateSize") => void;
}

/** What closes a connection (RFC 6455, section 7.4.1). */
const closeCodes = { inflate: 1007, inflateSize: 1009 } as const;
/** Inflated messages that are larger, and larger by more than the factor, are bombs. */
const harmlessBytesMax = 4_096;
const ratioMax = 100;
/** The end of a message, which its sender leaves out (RFC 7692, section 7.2.2). */
const trailer = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** After a block that is marked as the last of all, an empty one takes its trailer (section 7.2.3.5). */
const trailerAfterEnd = trailer.length + 1;
/** Messages are small; Node.js takes 16 KiB for each otherwise. */
const chunkSize = 1_024;
const noBytes = Buffer.alloc(0);

/** Inflates a message; undefined where it is more than `limitBytes`. Throws for what is not deflate. */
function inflate(message: Buffer, windowBits: number | undefined, limitBytes: number): Buffer | undefined {
  const options = {
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: limitBytes,
    chunkSize,
    windowBits,
    info: true,
  };
  try {
    const { buffer, engine } = inflateRawSync(message, options) as unknown as Inflated;
    if (message.length - engine.bytesWritten > trailerAfterEnd) throw new RangeError("garbage after the last block");
    return buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

/** With `info`, which the types of Node.js do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

export class InboundInflate implements MessageInflate {
  readonly params: DeflateParams;
  readonly #limits: InflateLimits;
  readonly #webSocket: { close(code: number): void };
  /** Of a message that comes in several; ws limits their bytes and their number. */
  #fragments: Buffer[] | null = null;

  constructor(params: DeflateParams, limits: InflateLimits, webSocket: { close(code: number): void }) {
    this.params = params;
    this.#limits = limits;
    this.#webSocket = webSocket;
  }

  decompress(data: Buffer, isFinal: boolean, done: (error: Error | null, inflated?: Buffer) => void): void {
    if (!isFinal) {
      // Copied: it is a part of what was read at once.
      (this.#fragments ??= []).push(Buffer.from(data));
      queueMicrotask(() => done(null, noBytes));
      return;
    }
    const message = Buffer.concat([...(this.#fragments ?? []), data, trailer]);
    this.#fragments = null;
    const inflated = this.#inflate(message);
    queueMicrotask(() => {
      if (Buffer.isBuffer(inflated)) return done(null, inflated);
      this.#limits.onRefused(inflated);
      // The code first: ws has no way to be told one from here, and closes only once.
      this.#webSocket.close(closeCodes[inflated]);
      done(new Error(`refused a compressed message: ${inflated}`));
    });
  }

  cleanup(): void {
    this.#fragments = null;
  }

  #inflate(message: Buffer): Buffer | keyof typeof closeCodes {
    const limitBytes = Math.min(this.#limits.bytesMax, Math.max(harmlessBytesMax, ratioMax * message.length));
    try {
      return inflate(message, this.params.client_max_window_bits, limitBytes) ?? "inflateSize";
    } catch {
      return "inflate";
    }
  }
}
