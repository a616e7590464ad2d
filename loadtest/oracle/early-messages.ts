/**
 * Messages that came to a subscriber ahead of states that the stream has before them.
 *
 * A server that conflates for a subscriber who is behind sends messages at once, and afterwards the last states. They are
 * kept until their place in the stream is judged: there they are received after all.
 */
import type { PendingFrame } from "./pending-frames.js";

export interface EarlyMessage extends PendingFrame {
  /** States before it were left out in the same stretch: it overtook nothing but what was conflated. */
  readonly isConflated: boolean;
}

export class EarlyMessages {
  readonly #messages = new Map<string, EarlyMessage>();

  has(text: string): boolean {
    return this.#messages.has(text);
  }

  add({ text, atMs }: PendingFrame, isConflated: boolean): void {
    this.#messages.set(text, { text, atMs, isConflated });
  }

  /** Takes the message of this content away. */
  take(text: string): EarlyMessage | undefined {
    const message = this.#messages.get(text);
    this.#messages.delete(text);
    return message;
  }

  /** Those whose place never came. */
  get rest(): Iterable<EarlyMessage> {
    return this.#messages.values();
  }
}
