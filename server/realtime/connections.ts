/**
 * Follows every Engine.IO connection from its first moment to its last: subscriber, limits, counts.
 *
 * The listeners are shared by all connections, which costs them a look-up and saves each connection its
 * own closures. The handshake request is released at once (see handshake.ts), so
 * `socket.handshake.headers` is empty; authentication goes through `handshake.auth`.
 */
import type { Socket } from "socket.io";
import type { ClientAddressOf } from "../http/client-addresses.js";
import type { Admission } from "./admission.js";
import type { CounterSet, Counts } from "./counters.js";
import type { Fanout } from "./fanout.js";
import type { EngineConnection } from "./internals.js";
import type { BackpressureMonitor } from "./backpressure.js";
import { Subscriber, type SubscriberContext } from "./subscriber.js";
import type { BucketLimits } from "../core/token-bucket.js";
import { monotonicMs } from "../core/timers.js";

/** A polling session that is being closed waits so long for the poll that tells its client; Engine.IO's own is 30 s. */
const closeTimeoutMs = 2_000;

export interface ConnectionsOptions {
  readonly admission: Admission;
  readonly addressOf: ClientAddressOf;
  readonly counters: CounterSet;
  readonly fanout: Fanout;
  readonly backpressure: BackpressureMonitor;
  readonly context: SubscriberContext;
  readonly inbound: BucketLimits;
}

/** A packet of Engine.IO, on its way in or out. */
interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #subscribers = new Map<EngineConnection, Subscriber>();
  readonly #listeners: ReturnType<typeof createListeners>;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#listeners = createListeners(options, this.#subscribers);
  }

  get count(): number {
    return this.#subscribers.size;
  }

  all(): EngineConnection[] {
    return [...this.#subscribers.keys()];
  }

  byTransport(): Counts {
    const counts: Record<string, number> = { polling: 0, websocket: 0 };
    for (const { transport } of this.#subscribers.keys()) counts[transport.name] = (counts[transport.name] ?? 0) + 1;
    return counts;
  }

  byCompression(): Counts {
    const counts = { shared: 0, waiting: 0, none: 0 };
    for (const { writer } of this.#subscribers.values()) counts[writer.compression] += 1;
    return counts;
  }

  subscriberOf(socket: Socket): Subscriber | undefined {
    return this.#subscribers.get(socket.conn as unknown as EngineConnection);
  }

  /**
   * A middleware of the default namespace: lets each connection join once. Socket.IO itself lets a client that asks
   * twice in one go have two sockets, and every broadcast twice.
   */
  readonly joinOnce = (socket: Socket, next: (error?: Error) => void): void => {
    const subscriber = this.subscriberOf(socket);
    if (subscriber?.hasJoined === true) {
      this.#options.counters.inboundRefused.add("joinedAlready");
      next(new Error("This connection has joined already."));
      return;
    }
    if (subscriber !== undefined) subscriber.hasJoined = true;
    next();
  };

  /** Engine.IO's `connection`. */
  readonly follow = (conn: EngineConnection): void => {
    const { admission, addressOf, counters, context } = this.#options;
    conn.remoteAddress = (conn.request && addressOf(conn.request).address) ?? conn.remoteAddress;
    conn.request = null;
    if (conn.transport.closeTimeout !== undefined) conn.transport.closeTimeout = closeTimeoutMs;
    admission.opened(conn.remoteAddress);
    counters.connectionsOpened += 1;
    this.#subscribers.set(conn, new Subscriber(conn, context));
    conn.on("packetCreate", this.#listeners.onPacketCreate);
    conn.on("packet", this.#listeners.onPacket);
    conn.on("close", this.#listeners.onClose);
  };
}

function createListeners(options: ConnectionsOptions, subscribers: Map<EngineConnection, Subscriber>) {
  const { admission, counters, fanout, inbound, backpressure } = options;
  function join(conn: EngineConnection, subscriber: Subscriber): void {
    if (!subscriber.hasAsked) admission.joined(conn.remoteAddress);
    subscriber.hasAsked = true;
  }
  return {
    /** Something is about to be written: what was broadcast before it goes first. */
    onPacketCreate(this: EngineConnection, packet: EnginePacket): void {
      fanout.flush();
      const subscriber = subscribers.get(this);
      subscriber?.writer.requireCheck();
      if (subscriber !== undefined && packet.type === "ping") backpressure.pingSent(subscriber);
    },
    onPacket(this: EngineConnection, packet: EnginePacket): void {
      const subscriber = subscribers.get(this);
      // What had arrived with the packet that ended it is still handed out one by one.
      if (subscriber === undefined || subscriber.isLost) return;
      if (!subscriber.inbound.take(inbound, monotonicMs())) {
        counters.inboundRefused.add("rate");
        subscriber.terminate();
        return;
      }
      if (packet.type === "pong") backpressure.pongReceived(subscriber);
      else if (isJoin(packet)) join(this, subscriber);
      else if (isClientEvent(packet)) counters.inboundRefused.add("unknownEvent");
    },
    onClose(this: EngineConnection, reason: string): void {
      const subscriber = subscribers.get(this);
      if (subscriber === undefined) return;
      subscribers.delete(this);
      backpressure.forget(subscriber);
      admission.closed(this.remoteAddress, subscriber.hasAsked);
      counters.connectionsClosed.add(reason);
      // Socket.IO closes who does not join in time; whom this room has closed is counted already.
      const isOurs = subscriber.isLost || admission.isDraining || admission.isSuspended;
      if (!subscriber.hasAsked && reason === "forced close" && !isOurs) counters.handshakesRefused.add("unfinished");
    },
  };
}

/** Socket.IO's packet types EVENT and BINARY_EVENT (protocol 5), the first character of a message. */
const eventTypes = "25";

/** Whether a client sent an event. There is none for clients: it is counted and, unless application code listens, ignored. */
function isClientEvent({ type, data }: EnginePacket): boolean {
  return type === "message" && typeof data === "string" && data.length > 0 && eventTypes.includes(data.charAt(0));
}

/** Whether a client asks to join a namespace: Socket.IO's packet type CONNECT. */
function isJoin({ type, data }: EnginePacket): boolean {
  return type === "message" && typeof data === "string" && data.startsWith("0");
}
