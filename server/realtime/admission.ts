/**
 * Who may open a connection: the room is not draining, the Host and Origin are right, and neither the peer
 * nor the whole room is at its limit.
 *
 * A handshake that was let in and has not become a connection yet holds a place until the next turn of the
 * event loop; otherwise a thousand requests in one packet would all find the room empty.
 */
import type { IncomingMessage } from "node:http";
import { isLoopback, peerOf } from "../http/addresses.js";
import type { LabelCounter } from "./counters.js";
import { type HostCheck, allowHostHint, createHostCheck } from "../http/hosts.js";
import type { RealtimeLimits } from "./limits.js";
import { type AllowedOrigins, isAllowedOrigin } from "./origins.js";
import { setImmediate } from "../core/timers.js";

export type Refusal = "draining" | "host" | "origin" | "connectionsMax" | "connectionsPerPeerMax";

const sentences: Record<Refusal, string> = {
  draining: "The server is shutting down.",
  host: `The Host header names no host of this server. ${allowHostHint}`,
  origin: "This origin may not connect.",
  connectionsMax: "The server has as many connections as it may.",
  connectionsPerPeerMax: "Your address has as many connections as it may.",
};

export interface AdmissionOptions {
  readonly limits: RealtimeLimits;
  /** Loopback is exempt from the limit for each peer. */
  readonly exemptsLoopback: boolean;
  readonly origins: AllowedOrigins;
  readonly refused: LabelCounter;
}

export class Admission {
  isDraining = false;
  readonly #options: AdmissionOptions;
  readonly #isAllowedHost: HostCheck;
  readonly #byPeer = new Map<string, number>();
  /** Places held by handshakes of this turn, of each peer. */
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#isAllowedHost = createHostCheck(options.limits.allowedHosts);
  }

  /** Engine.IO's `allowRequest`. */
  readonly allowRequest = (
    request: IncomingMessage,
    answer: (error: string | null, isAllowed: boolean) => void,
  ): void => {
    const peer = peerOf(request.socket.remoteAddress);
    const refusal = this.#refuses(request, peer);
    if (refusal === null) {
      this.#holdPlace(peer);
      answer(null, true);
    } else {
      this.#options.refused.add(refusal);
      answer(sentences[refusal], false);
    }
  };

  opened(address: string | undefined): void {
    const peer = peerOf(address);
    const held = this.#held.get(peer) ?? 0;
    // A held place becomes the connection's own; one that came in another way is counted now.
    if (held > 0) this.#held.set(peer, held - 1);
    else this.#count(peer, 1);
  }

  closed(address: string | undefined): void {
    this.#count(peerOf(address), -1);
  }

  #refuses(request: IncomingMessage, peer: string): Refusal | null {
    const { limits, exemptsLoopback, origins } = this.#options;
    const { socket } = request;
    if (this.isDraining) return "draining";
    if (!this.#isAllowedHost(request.headers.host, socket)) return "host";
    if (!isAllowedOrigin(request, origins)) return "origin";
    if (limits.connectionsMax > 0 && this.#total >= limits.connectionsMax) return "connectionsMax";
    if (limits.connectionsPerPeerMax === 0 || (exemptsLoopback && isLoopback(socket.remoteAddress))) return null;
    const ofPeer = this.#byPeer.get(peer) ?? 0;
    return ofPeer >= limits.connectionsPerPeerMax ? "connectionsPerPeerMax" : null;
  }

  #holdPlace(peer: string): void {
    this.#count(peer, 1);
    if (this.#held.size === 0) setImmediate(this.#releasePlaces);
    this.#held.set(peer, (this.#held.get(peer) ?? 0) + 1);
  }

  readonly #releasePlaces = (): void => {
    for (const [peer, unused] of this.#held) this.#count(peer, -unused);
    this.#held.clear();
  };

  #count(peer: string, change: number): void {
    this.#total += change;
    const count = (this.#byPeer.get(peer) ?? 0) + change;
    if (count > 0) this.#byPeer.set(peer, count);
    else this.#byPeer.delete(peer);
  }
}
