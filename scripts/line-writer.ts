/**
 * Writes lines to a stream in large chunks, and tells when the reader is behind or gone.
 *
 * A reader that goes away (`| head`) is no error: `closed` becomes true and the command ends. Where the stream
 * cannot be written for another reason, `failure` tells.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";

const chunkChars = 64 * 1024;

export function createLineWriter(stream: Writable) {
  let pending: string[] = [];
  let pendingChars = 0;
  let isFull = false;
  let isClosed = false;
  let failure: NodeJS.ErrnoException | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    isClosed = true;
    if (error.code !== "EPIPE") failure ??= error;
  });

  function flush(): void {
    if (pendingChars === 0 || isClosed) return;
    isFull = !stream.write(pending.join(""));
    pending = [];
    pendingChars = 0;
  }

  return {
    line(text: string): void {
      pending.push(text, "\n");
      pendingChars += text.length + 1;
      if (pendingChars >= chunkChars) flush();
    },
    /** The reader is behind: wait for `drained`. */
    get full(): boolean {
      return isFull;
    },
    /** The reader is gone. */
    get closed(): boolean {
      return isClosed;
    },
    /** Why the stream takes no more, where it is not its reader that went away. */
    get failure(): NodeJS.ErrnoException | undefined {
      return failure;
    },
    async drained(): Promise<void> {
      if (isFull && !isClosed) {
        const abort = new AbortController();
        const ends = ["drain", "close"].map((event) => once(stream, event, { signal: abort.signal }));
        await Promise.race(ends).catch(() => undefined);
        abort.abort();
        await Promise.allSettled(ends);
      }
      isFull = false;
    },
    /** Writes what is left and waits until the reader has it. */
    async end(): Promise<void> {
      flush();
      if (!isClosed) await new Promise<void>((resolve) => void stream.write("", () => resolve()));
    },
  };
}
