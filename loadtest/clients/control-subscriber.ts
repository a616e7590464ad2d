/**
 * A subscriber with the stock socket.io-client: the control that the thin ones are held against.
 *
 * It compares what the application gets, so that a fault of our own framing code cannot hide itself: the
 * text of an event counts only where it says the same as the arguments. Without that text, a server that
 * writes numbers or letters in another way than `JSON.stringify` would have another stream here.
 * It never reconnects: a lost connection is a finding.
 */
import { type Socket, io } from "socket.io-client";
import { monotonicMs } from "../measure/monotonic.js";
import type { Follower } from "../oracle/follower.js";
import { noCompression } from "../no-compression.js";
import type { Subscriber, SubscriberEvents, SubscriberTarget } from "./subscriber.js";

/** An event of the default namespace, as a Socket.IO packet. */
const eventPacket = /^2(?=\[)/;

/** An error of the stock client, with what its transports add: an event of `ws`, or the request of a poll. */
type ConnectError = Error & {
  readonly description?: { readonly error?: unknown };
  readonly context?: { readonly statusText?: unknown };
};

export class ControlSubscriber implements Subscriber {
  readonly kind: "websocket" | "polling";
  readonly follower: Follower;
  readonly #socket: Socket;
  readonly #events: SubscriberEvents;
  /** Events on their way through the client, as they came. */
  readonly #texts: string[] = [];
  #isConnected = false;
  #isOver = false;

  constructor(kind: "websocket" | "polling", target: SubscriberTarget, follower: Follower, events: SubscriberEvents) {
    this.kind = kind;
    this.follower = follower;
    this.#events = events;
    this.#socket = io(target.origin, {
      path: target.path,
      transports: [kind],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      ...noCompression,
      extraHeaders: { ...target.headers },
      ...(target.auth === undefined ? {} : { auth: { ...target.auth } }),
    });
    this.#listen();
  }

  open(): void {
    this.#socket.connect();
    this.#socket.io.engine.on("packet", ({ type, data }: { readonly type: string; readonly data?: unknown }) => {
      if (type === "message" && typeof data === "string" && eventPacket.test(data)) this.#texts.push(data.slice(1));
    });
  }

  close(): void {
    this.#isOver = true;
    this.#socket.disconnect();
  }

  /** The stock client cannot stop reading. */
  pause(): void {}

  resume(): void {}

  /** The stock client watches the heartbeat itself and disconnects. */
  isAlive(): boolean {
    return true;
  }

  #listen(): void {
    this.#socket.onAny((...args: unknown[]) => this.follower.frame(this.#textOf(args), monotonicMs()));
    this.#socket.on("connect", () => {
      this.#isConnected = true;
      this.#events.connected(this, monotonicMs());
    });
    this.#socket.on("connect_error", (error) => this.#end(describeError(error)));
    this.#socket.on("disconnect", (reason) => this.#end(reason));
  }

  #textOf(args: readonly unknown[]): string {
    const given = JSON.stringify(args);
    const text = this.#texts.shift();
    return text !== undefined && JSON.stringify(JSON.parse(text)) === given ? text : given;
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
    if (this.#isConnected) this.#events.dropped(this, reason);
    else this.#events.refused(this, reason);
  }
}

/** What lies behind "websocket error" and "xhr poll error": it tells whether the server refused or this system ran short. */
function describeError(error: ConnectError): string {
  const cause = error.description?.error ?? error.context?.statusText;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause ? String(cause.code) : cause.message;
}
