/** Everything that can be set about the realtime server, with its defaults. */
import type { Server as HttpServer } from "node:http";
import {
  type OptionRule,
  type OptionTable,
  callback,
  either,
  flag,
  group,
  listOf,
  millisecondsFrom,
  numberFrom,
  objectWith,
  oneOf,
  text,
  wholeFrom,
} from "../../schemas/option-table.js";
import { type Logger, loggerRule } from "../core/logger.js";
import type { ClientAddressOf } from "../http/client-addresses.js";
import type { RecoverySource } from "./recovery.js";
import { type SlowSubscriberPolicy, slowSubscriberRules } from "./slow-policy.js";

/** How much one peer, and all together, may ask for. */
export interface RealtimeLimits {
  /**
   * Connections in all; those that have not joined a namespace yet, or ended so within `handshakeMsMax`, may be a tenth
   * of it, and at least 20. Zero means no limit. @default 50_000
   */
  readonly connectionsMax: number;
  /**
   * Connections from one peer: an IPv4 address or an IPv6 /64; of those that have not joined half, and at least 20.
   * Zero means no limit. Where it is not set, loopback is exempt: behind a proxy on this machine everybody has one
   * address. @default 200
   */
  readonly connectionsPerPeerMax: number;
  /** A larger message from a client closes its connection, a larger polling request is answered 413. Bytes. @default 16_384 */
  readonly inboundBytesMax: number;
  /** Packets a second that a client may send for long; more closes the connection. Zero means no limit. @default 20 */
  readonly inboundPacketsPerSecondMax: number;
  /** Packets that a client may send at once. @default 100 */
  readonly inboundPacketsBurstMax: number;
  /** A connection that has not joined a namespace, or not finished its upgrade, is closed. Milliseconds. @default 10_000 */
  readonly handshakeMsMax: number;
  /** Between two pings to a client. Milliseconds. @default 25_000 */
  readonly pingIntervalMs: number;
  /** A client that leaves a ping unanswered for longer is gone. Milliseconds. @default 20_000 */
  readonly pingTimeoutMs: number;
  /** Names besides localhost that are answered on loopback, such as a proxy's. @default [] */
  readonly allowedHosts: readonly string[];
}

export const realtimeLimitDefaults: RealtimeLimits = {
  connectionsMax: 50_000,
  connectionsPerPeerMax: 200,
  inboundBytesMax: 16_384,
  inboundPacketsPerSecondMax: 20,
  inboundPacketsBurstMax: 100,
  handshakeMsMax: 10_000,
  pingIntervalMs: 25_000,
  pingTimeoutMs: 20_000,
  allowedHosts: [],
};

const hostName: OptionRule = {
  accepts: (value) => typeof value === "string" && /^[^\s/?#@]+$/.test(value) && !/^[^:]+:\d+$/.test(value),
  expected: "a host name",
};

export const realtimeLimitRules: OptionTable<RealtimeLimits> = {
  connectionsMax: wholeFrom(0),
  connectionsPerPeerMax: wholeFrom(0),
  // A stock client's CONNECT packet with a small auth payload must fit.
  inboundBytesMax: wholeFrom(128, 1_073_741_824, " bytes"),
  inboundPacketsPerSecondMax: numberFrom(0, 1e9),
  inboundPacketsBurstMax: wholeFrom(1),
  handshakeMsMax: millisecondsFrom(1),
  pingIntervalMs: millisecondsFrom(1),
  pingTimeoutMs: millisecondsFrom(1),
  allowedHosts: listOf(hostName, "an array of host names without a port"),
};

export interface RealtimeOptions {
  /** Listens, or will listen; it stays the caller's to close. */
  readonly httpServer: HttpServer;
  /** Simulated now in epoch milliseconds, for broadcasts without a timestamp. */
  readonly nowMs: () => number;
  /** The name of a known author, for messages without one. @default nobody is known */
  readonly authorName?: (authorId: string) => string | undefined;
  /** Origins of pages that may connect; `*` lets any, outside production. @default "*" */
  readonly origin?: string | readonly string[];
  /** @default "/socket.io/" */
  readonly path?: string;
  /**
   * How a broadcast reaches its subscribers: `batched` joins the frames of a tick and writes them once to
   * each, `stock` leaves it to Socket.IO, without the policy for slow subscribers.
   * @default "batched"
   */
  readonly fanout?: "batched" | "stock";
  /**
   * Whether broadcasts are compressed, once for all, for WebSocket subscribers that offer `permessage-deflate`. Only
   * with the batched fan-out.
   * @default "on"
   */
  readonly compression?: "on" | "off";
  /**
   * How long a subscriber may wait to take part: the compressed history is cut at most so often. Milliseconds; longer
   * compresses better while subscribers come and go. @default 5_000
   */
  readonly compressionKeyMs?: number;
  /**
   * Socket.IO's connection state recovery. It appends an offset as a second argument to every event for
   * every client, which strict one-argument handlers refuse; and nothing is skipped for slow subscribers.
   * @default false
   */
  readonly recovery?: boolean;
  /** Whom a connection is counted for. @default the other end of the connection */
  readonly clientAddress?: ClientAddressOf;
  /** Where clients of other processes are recovered, too. @default this process alone */
  readonly recoverySource?: RecoverySource;
  /** @default realtimeLimitDefaults */
  readonly limits?: Partial<RealtimeLimits>;
  /** @default slowSubscriberDefaults */
  readonly slow?: Partial<SlowSubscriberPolicy>;
  /** Payloads, session ids, addresses and tokens never reach it. @default none */
  readonly logger?: Logger;
}

export const originRule = either(text, listOf(text, "an array of origins"));
export const fanoutRule = oneOf("batched", "stock");
export const compressionRule = oneOf("on", "off");
export const compressionKeyMsDefault = 5_000;

export const realtimeRules: OptionTable<RealtimeOptions> = {
  httpServer: objectWith("an HTTP server", "on", "listeners"),
  nowMs: callback,
  authorName: callback,
  origin: originRule,
  path: {
    accepts: (value) => typeof value === "string" && /^\/[^?#\s]*$/.test(value),
    expected: 'a path such as "/socket.io/"',
  },
  fanout: fanoutRule,
  compression: compressionRule,
  compressionKeyMs: millisecondsFrom(0),
  recovery: flag,
  clientAddress: callback,
  recoverySource: objectWith("what recovery needs of other processes", "secret", "caughtUp", "regenerate"),
  limits: group(realtimeLimitRules),
  slow: group(slowSubscriberRules),
  logger: loggerRule,
};
