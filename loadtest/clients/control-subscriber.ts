/**
 * A subscriber with the stock socket.io-client: the control that the thin ones are held against.
 *
 * It compares what the application gets, serialised again, so that a fault of our own framing code
 * cannot hide itself. It never reconnects: a lost connection is a finding.
 */
import { type Socket, io } from "socket.io-client";
import { monotonicMs } from "../measure/monotonic.js";
import type { Follower } from "../oracle/follower.js";
import type { Subscriber, SubscriberEvents, SubscriberTarget } from "./subscriber.js";

export class ControlSubscriber implements Subscriber {
  readonly kind: "websocket" | "polling";
  readonly follower: Follower;
  readonly #socket: Socket;
  readonly #events: SubscriberEvents;
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
      extraHeaders: { ...target.headers },
      ...(target.auth === undefined ? {} : { auth: { ...target.auth } }),
    });
    this.#listen();
  }

  open(): void {
    this.#socket.connect();
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
    this.#socket.onAny((...args: unknown[]) => this.follower.frame(JSON.stringify(args), monotonicMs()));
    this.#socket.on("connect", () => {
      this.#isConnected = true;
      this.#events.connected(this, monotonicMs());
    });
    this.#socket.on("connect_error", (error) => this.#end(error.message));
    this.#socket.on("disconnect", (reason) => this.#end(reason));
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
    if (this.#isConnected) this.#events.dropped(this, reason);
    else this.#events.refused(this, reason);
  }
}
