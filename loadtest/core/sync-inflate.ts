/**
 * An inflate stream that inflates at once, in this thread: `inflateRawSync` takes seven times as long for a message, as
 * it makes a stream and copies a window for each.
 *
 * What it uses of node:zlib is not promised to stay: whatever does not go as expected is left to the caller, who has
 * `inflateRawSync` for it.
 */
import { constants, createInflateRaw } from "node:zlib";

/** node:zlib lib/zlib.js, `processChunkSync`, of Node.js 20 to 24: the same, but it closes the stream at its end. */
interface InflateInternals {
  readonly _handle?: {
    writeSync?(
      ...args: [flush: number, input: Buffer, from: number, bytes: number, output: Buffer, to: number, room: number]
    ): void;
  } | null;
  /** What the last write left over: room in the output, bytes of the input. */
  readonly _writeState?: Uint32Array;
  readonly destroyed: boolean;
}

/** Everything is written here first: nothing else runs meanwhile. */
const output = Buffer.allocUnsafeSlow(65_536);

export class SyncInflate {
  readonly #stream: InflateInternals;

  /** @param window what the first message may refer to */
  constructor(window: Buffer) {
    const stream = createInflateRaw(window.length > 0 ? { dictionary: window } : {});
    // It is left to the caller, too.
    stream.on("error", () => {});
    this.#stream = stream;
  }

  /** The next message; undefined when it has to be inflated otherwise, and this stream is not to be used again. */
  write(message: Buffer): Buffer | undefined {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (typeof handle?.writeSync !== "function" || state === undefined) return undefined;
    state[0] = 0;
    handle.writeSync(constants.Z_SYNC_FLUSH, message, 0, message.length, output, 0, output.length);
    const [roomLeft = 0, inputLeft = 0] = state;
    if (this.#stream.destroyed || roomLeft === 0 || inputLeft > 0) return undefined;
    return Buffer.from(output.subarray(0, output.length - roomLeft));
  }
}
