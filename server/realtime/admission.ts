/**
 * Who may open a connection: the server is not draining or suspended, the Host and Origin are right, and neither the peer
 * nor the whole server is at its limit.
 *
 * A handshake that was let in and has not become a connection yet holds a place until the next turn of the
 * event loop; otherwise a thousand requests in one packet would all find the server empty.
 *
 * Pages are checked by their Origin, because CORS does not cover WebSocket. A request without Origin passes: it is no
 * page's. So does the server's own page.
 *
 * Sessions that have not joined have a limit of their own, so that a flood of handshakes is refused at little cost. One
 * that ends without having joined counts for `handshakeMsMax` more: closing it and opening the next costs the
 * server more than keeping it.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import { describeValue } from "../../schemas/describe-value.js";
import { peerOf } from "../http/addresses.js";
import type { ClientAddressOf } from "../http/client-addresses.js";
import type { LabelCounter } from "./counters.js";
import { type HostCheck, allowHostHint, createHostCheck } from "../http/hosts.js";
import { type EngineRequest, forbiddenCode } from "./internals.js";
import { RealtimeOptionError } from "./errors.js";
import type { RealtimeLimits } from "./options.js";
import { monotonicMs, setImmediate } from "../core/timers.js";

export type Refusal =
  | "draining"
  | "suspended"
  | "host"
  | "origin"
  | "connectionsMax"
  | "connectionsPerPeerMax"
  | "unjoinedMax"
  | "unjoinedPerPeerMax";

/** What sets a limit: read by whoever tests a server of their own, in the answer or in the report of a load test. */
const allHint = "--max-connections, limits.connectionsMax in the library";
const perPeerHint = "--max-per-address, limits.connectionsPerPeerMax in the library";

/** A refusal without a status is left to Engine.IO: 403, or 400 for an upgrade. */
const refusals: Record<Refusal, { readonly sentence: string; readonly status?: 429 | 503 }> = {
  draining: { sentence: "The server is shutting down.", status: 503 },
  suspended: { sentence: "The server takes no subscribers at this moment.", status: 503 },
  host: { sentence: `The Host header names no host of this server. ${allowHostHint}` },
  origin: { sentence: "This origin may not connect." },
  connectionsMax: { sentence: `The server has as many connections as it may (${allHint}).`, status: 503 },
  connectionsPerPeerMax: { sentence: `Your address has as many connections as it may (${perPeerHint}).`, status: 429 },
  unjoinedMax: {
    sentence: `The server has as many sessions that have not joined as it may (a tenth of ${allHint}).`,
    status: 503,
  },
  unjoinedPerPeerMax: {
    sentence: `Your address has as many sessions that have not joined as it may (half of ${perPeerHint}).`,
    status: 429,
  },
};

/** Sessions that have not joined may be this part of all connections, ... */
const unjoinedShare = 0.1;
/** ... this part of a peer's, who may be many clients that come back at the same time, ... */
const unjoinedPerPeerShare = 0.5;
/** ... or this many, where that is more. */
const unjoinedMin = 20;

/** Zero means no limit. */
function unjoinedMaxOf(connectionsMax: number, share: number): number {
  return connectionsMax === 0 ? 0 : Math.max(unjoinedMin, Math.ceil(connectionsMax * share));
}

function isFull(count: number, max: number): boolean {
  return max > 0 && count >= max;
}

/** Counts of a peer. */
interface PeerCounts {
  connections: number;
  /** Sessions that have not joined, and those that ended so a short while ago. */
  unjoined: number;
}

const nobody: Readonly<PeerCounts> = { connections: 0, unjoined: 0 };

export interface AdmissionOptions {
  readonly limits: RealtimeLimits;
  /** Loopback is exempt from the limit for each peer. */
  readonly exemptsLoopback: boolean;
  readonly addressOf: ClientAddressOf;
  readonly origins: AllowedOrigins;
  readonly refused: LabelCounter;
}

export class Admission {
  isDraining = false;
  isSuspended = false;
  readonly #options: AdmissionOptions;
  readonly #isAllowedHost: HostCheck;
  readonly #unjoinedMax: number;
  readonly #unjoinedPerPeerMax: number;
  readonly #byPeer = new Map<string, PeerCounts>();
  readonly #all: PeerCounts = { connections: 0, unjoined: 0 };
  /** Places held by handshakes of this turn, of each peer. */
  readonly #held = new Map<string, number>();
  /** Sessions that ended without having joined, in the order in which they stop counting. */
  readonly #ended: { readonly peer: string; readonly countsUntilMs: number }[] = [];

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#isAllowedHost = createHostCheck(options.limits.allowedHosts);
    this.#unjoinedMax = unjoinedMaxOf(options.limits.connectionsMax, unjoinedShare);
    this.#unjoinedPerPeerMax = unjoinedMaxOf(options.limits.connectionsPerPeerMax, unjoinedPerPeerShare);
  }

  /** Engine.IO's `allowRequest`. */
  readonly allowRequest = (
    request: EngineRequest,
    answer: (error: string | null, isAllowed: boolean) => void,
  ): void => {
    const { address, isLocal } = this.#options.addressOf(request);
    const peer = peerOf(address);
    const refusal = this.#refuses(request, peer, isLocal);
    if (refusal === null) {
      this.#holdPlace(peer);
      answer(null, true);
    } else {
      const { sentence, status } = refusals[refusal];
      this.#options.refused.add(refusal);
      // Engine.IO adds nothing to a response that has begun, nor to a connection that is ended for writing.
      if (status !== undefined) this.#respond(request, status, sentence);
      answer(sentence, false);
    }
  };

  /** A connection began, which has not joined yet. */
  opened(address: string | undefined): void {
    const peer = peerOf(address);
    const held = this.#held.get(peer) ?? 0;
    // A held place becomes the connection's own; one that came in another way is counted now.
    if (held > 0) this.#held.set(peer, held - 1);
    else this.#count(peer, 1, 1);
  }

  /** A connection asked to join: it is a subscriber from now on. */
  joined(address: string | undefined): void {
    this.#count(peerOf(address), 0, -1);
  }

  closed(address: string | undefined, hadJoined: boolean): void {
    const peer = peerOf(address);
    this.#count(peer, -1, 0);
    if (!hadJoined) this.#ended.push({ peer, countsUntilMs: monotonicMs() + this.#options.limits.handshakeMsMax });
  }

  #refuses(request: EngineRequest, peer: string, isLocal: boolean): Refusal | null {
    const { limits, exemptsLoopback, origins } = this.#options;
    if (this.isDraining) return "draining";
    if (this.isSuspended) return "suspended";
    if (!this.#isAllowedHost(request.headers.host, request.socket)) return "host";
    if (!isAllowedOrigin(request, origins)) return "origin";
    this.#forgetEnded();
    if (isFull(this.#all.connections, limits.connectionsMax)) return "connectionsMax";
    if (isFull(this.#all.unjoined, this.#unjoinedMax)) return "unjoinedMax";
    if (exemptsLoopback && isLocal) return null;
    const { connections, unjoined } = this.#byPeer.get(peer) ?? nobody;
    if (isFull(connections, limits.connectionsPerPeerMax)) return "connectionsPerPeerMax";
    return isFull(unjoined, this.#unjoinedPerPeerMax) ? "unjoinedPerPeerMax" : null;
  }

  #respond({ res: response, socket }: EngineRequest, status: 429 | 503, message: string): void {
    const body = JSON.stringify({ code: forbiddenCode, message });
    const headers = {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      "Retry-After": Math.ceil(this.#options.limits.handshakeMsMax / 1000),
    };
    if (response !== undefined) {
      response.writeHead(status, headers).end(body);
    } else {
      const lines = Object.entries({ ...headers, Connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
    }
  }

  #forgetEnded(): void {
    const nowMs = monotonicMs();
    const kept = this.#ended.findIndex(({ countsUntilMs }) => countsUntilMs > nowMs);
    for (const { peer } of this.#ended.splice(0, kept === -1 ? this.#ended.length : kept)) this.#count(peer, 0, -1);
  }

  #holdPlace(peer: string): void {
    this.#count(peer, 1, 1);
    if (this.#held.size === 0) setImmediate(this.#releasePlaces);
    this.#held.set(peer, (this.#held.get(peer) ?? 0) + 1);
  }

  readonly #releasePlaces = (): void => {
    for (const [peer, unused] of this.#held) this.#count(peer, -unused, -unused);
    this.#held.clear();
  };

  #count(peer: string, connections: number, unjoined: number): void {
    const counts = this.#byPeer.get(peer) ?? { ...nobody };
    for (const each of [this.#all, counts]) {
      each.connections += connections;
      each.unjoined += unjoined;
    }
    if (counts.connections > 0 || counts.unjoined > 0) this.#byPeer.set(peer, counts);
    else this.#byPeer.delete(peer);
  }
}

/** The origins of pages that may connect; `*` is any. */
export type AllowedOrigins = "*" | readonly string[];

/** @throws {RealtimeOptionError} for `*` in production, and for what is no origin */
export function parseOrigins(
  origin: string | readonly string[],
  environment = process.env["NODE_ENV"],
): AllowedOrigins {
  const origins = typeof origin === "string" ? [origin] : origin;
  if (origins.includes("*")) {
    if (environment !== "production") return "*";
    throw new RealtimeOptionError(
      'Invalid origin "*": it lets every page on the web connect, and is refused when NODE_ENV is "production". ' +
        'Name the pages that may connect, such as "https://market.example".',
      "origin",
    );
  }
  for (const one of origins) {
    if (one.includes("*") || !URL.canParse(one) || new URL(one).origin !== one) {
      throw new RealtimeOptionError(
        `Invalid origin ${describeValue(one)}: expected one such as https://market.example:8443, without a path or a pattern.`,
        "origin",
      );
    }
  }
  return origins;
}

/** Whether the page that a handshake comes from may connect. */
export function isAllowedOrigin({ headers }: Pick<IncomingMessage, "headers">, allowed: AllowedOrigins): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed === "*" || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
