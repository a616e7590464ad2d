/**
 * The WebSocket server that Engine.IO is given: ws itself, newer than the one Engine.IO brings along, with
 * limits for peers that misbehave below Socket.IO.
 *
 * Clients of Socket.IO never send WebSocket pings, and ws answers each by itself; so pings are counted
 * where ws answers them, at no cost for anybody else.
 */
import type { Duplex } from "node:stream";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { type BucketLimits, TokenBucket } from "../core/token-bucket.js";
import { monotonicMs } from "../core/timers.js";

export interface WebSocketLimits {
  /** WebSocket pings that a client may send. */
  readonly pings: BucketLimits;
  readonly onPingFlood: () => void;
}

/** Below the number at which ws itself cuts the connection, uncounted. */
const pingsAtOnceMax = 30;
/** Messages arrive in one fragment; more than a few are an attack on memory. */
const fragmentsMax = 64;
/** The version of Engine.IO's protocol that is let in. */
const speaksProtocol = /[?&]EIO=4(?:&|$)/;
/** How long a peer may take to answer a closing handshake. */
const closeTimeoutMs = 2_000;

function uncork(socket: Duplex): void {
  socket.uncork();
}

/** Options of ws 8.23 that its types do not know yet. */
interface RecentServerOptions extends ServerOptions {
  readonly closeTimeout: number;
  readonly maxFragments: number;
}

/** What Engine.IO's `wsEngine` expects: a constructor that takes ws's options. */
export function createWebSocketEngine(limits: WebSocketLimits): new (options: ServerOptions) => WebSocketServer {
  const pings = { ...limits.pings, burstMax: Math.min(limits.pings.burstMax, pingsAtOnceMax) };

  class SubscriberSocket extends WebSocket {
    #pings: TokenBucket | undefined;

    override pong(...args: Parameters<WebSocket["pong"]>): void {
      const nowMs = monotonicMs();
      this.#pings ??= new TokenBucket();
      if (this.#pings.take(pings, nowMs)) {
        super.pong(...args);
      } else if (this.readyState === WebSocket.OPEN) {
        limits.onPingFlood();
        this.terminate();
      }
    }
  }

  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      const all: RecentServerOptions = {
        ...options,
        WebSocket: SubscriberSocket,
        closeTimeout: closeTimeoutMs,
        maxFragments: fragmentsMax,
      };
      super(all);
    }

    /**
     * The answer to the upgrade leaves together with Engine.IO's open packet, which follows within microtasks.
     * A client of another protocol gets no such packet, but a refusal and its connection's end, which waits for no cork.
     */
    override handleUpgrade(...args: Parameters<WebSocketServer["handleUpgrade"]>): void {
      const [request, socket] = args;
      if (speaksProtocol.test(request.url ?? "")) {
        socket.cork();
        process.nextTick(uncork, socket);
      }
      super.handleUpgrade(...args);
    }
  };
}
