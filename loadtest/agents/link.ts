/**
 * The connection of an agent and its controller: messages in both directions, each bounded, and signs of life.
 *
 * Invariant: it ends once, with a reason. Whatever a peer sends that is no message ends it.
 */
import type { RawData, WebSocket } from "ws";
import { decodeMessage, encodeMessage } from "./codec.js";

/** A result has an entry for each subscriber; the largest of 100,000 is below 4 MB. */
export const messageBytesMax = 32 * 1024 * 1024;
/** What a peer that reads nothing can make wait. */
const waitingBytesMax = 4 * messageBytesMax;
export const silenceMsMax = 3000;
const lookEveryMs = 250;
/** A stall of this process is one look, however long: nobody is taken for silent who could not be heard. */
const silentLooksMax = silenceMsMax / lookEveryMs;
const reasonBytesMax = 120;

export interface LinkEvents {
  /** May throw: then the link ends with the reason. */
  message(message: unknown): void;
  /** @param reason why, in words that follow "the link ended:" */
  end(reason: string): void;
}

export function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString("utf8");
}

export class Link {
  readonly #socket: WebSocket;
  readonly #events: LinkEvents;
  readonly #timer: NodeJS.Timeout;
  #silentLooks = 0;
  #isOver = false;

  constructor(socket: WebSocket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("close", (_code, reason) => this.#end(reason.length > 0 ? reason.toString() : "it was closed"));
    socket.on("error", ({ message }) => this.close(message));
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  send(message: unknown): void {
    if (this.#isOver) return;
    this.#socket.send(encodeMessage(message), () => {});
    if (this.#socket.bufferedAmount > waitingBytesMax) this.close("what was sent to it is not read");
  }

  /** Ends it, and tells the peer why. */
  close(reason: string): void {
    if (this.#isOver) return;
    const short = Buffer.from(reason)
      .subarray(0, reasonBytesMax)
      .toString()
      .replace(/\uFFFD+$/, "");
    this.#socket.close(4000, short);
    // A peer that does not complete the close handshake is cut off.
    setTimeout(() => this.#socket.terminate(), lookEveryMs).unref();
    this.#end(reason);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    this.#silentLooks = 0;
    try {
      if (isBinary) throw new SyntaxError("a message is not text");
      this.#events.message(decodeMessage(textOf(data)));
    } catch (error) {
      this.close((error as Error).message);
    }
  }

  #look(): void {
    this.#silentLooks += 1;
    if (this.#silentLooks > silentLooksMax) this.close(`nothing came from it for ${silenceMsMax / 1000} s`);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#events.end(reason);
  }
}
