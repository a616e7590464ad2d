/** A server's shared deflate stream, for tests: each message refers to those before, up to the last cut. */
import { constants, deflateRawSync } from "node:zlib";
import { encodeServerFrame, opcodes } from "../core/frames.js";

export class DeflateStream {
  #window = Buffer.alloc(0);

  /** What comes next refers to nothing before. */
  cut(): void {
    this.#window = Buffer.alloc(0);
  }

  /** The payload of the next message. */
  payload(text: string | Buffer): Buffer {
    const input = Buffer.from(text);
    const dictionary = this.#window;
    const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary.length > 0 && { dictionary }) };
    this.#window = Buffer.concat([this.#window, input]).subarray(-32_768);
    return deflateRawSync(input, options).subarray(0, -4);
  }

  /** The next message as one frame. */
  frame(text: string): Buffer {
    return encodeServerFrame(opcodes.text, this.payload(text), true);
  }
}
