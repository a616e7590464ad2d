/**
 * The WebSocket server that Engine.IO is given: ws itself, newer than the one Engine.IO brings along, with
 * limits for peers that misbehave below Socket.IO.
 *
 * It also negotiates permessage-deflate. Engine.IO is not told: what it sends goes uncompressed, as each connection
 * would need a deflate stream of its own for it; only batches are compressed (shared-deflate.ts).
 *
 * Clients of Socket.IO never send WebSocket pings, and ws answers each by itself; so pings are counted
 * where ws answers them, at no cost for anybody else.
 */
import type { Duplex } from "node:stream";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { type BucketLimits, TokenBucket } from "../core/token-bucket.js";
import { monotonicMs } from "../core/timers.js";
import { InboundInflate, type InflateLimits } from "./inbound-inflate.js";
import { replaceInflate } from "./internals.js";

export interface WebSocketLimits {
  /** WebSocket pings that a client may send. */
  readonly pings: BucketLimits;
  readonly onPingFlood: () => void;
  /** ws has refused an upgrade, such as for an extension parameter out of its range. */
  readonly onRefused: () => void;
  /** For compressed messages; null where permessage-deflate is not negotiated. */
  readonly inflate: InflateLimits | null;
}

/** Below the number at which ws itself cuts the connection, uncounted. */
const pingsAtOnceMax = 30;
/** Messages arrive in one fragment; more than a few are an attack on memory. */
const fragmentsMax = 64;
/** The version of Engine.IO's protocol that is let in. */
const speaksProtocol = /[?&]EIO=4(?:&|$)/;
/** How long a peer may take to answer a closing handshake. */
const closeTimeoutMs = 2_000;

const uncompressed = { compress: false };

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

    /** As Engine.IO calls it. */
    override send(data: Parameters<WebSocket["send"]>[0], done?: unknown): void {
      super.send(data, uncompressed, done as (error?: Error) => void);
    }

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
        perMessageDeflate: limits.inflate !== null && { clientNoContextTakeover: true },
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
      const [request, socket, head, done] = args;
      if (speaksProtocol.test(request.url ?? "")) {
        socket.cork();
        process.nextTick(uncork, socket);
      }
      let isAccepted = false;
      super.handleUpgrade(request, socket, head, (webSocket, from) => {
        isAccepted = true;
        const { inflate } = limits;
        if (inflate !== null) replaceInflate(webSocket, (params) => new InboundInflate(params, inflate, webSocket));
        done(webSocket, from);
      });
      if (!isAccepted) limits.onRefused();
    }
  };
}
