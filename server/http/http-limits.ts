/**
 * Limits of the HTTP server that the realtime room and the API share. Node's own are made for large
 * uploads: 60 s for headers, looked at every 30 s, and no limit to the number of connections.
 */
import type { Server } from "node:http";
import { type PacingLimits, paceRequests } from "./request-pacing.js";

export interface HttpLimits extends PacingLimits {
  /** From the opening of a connection to the end of a request's headers. Milliseconds. @default 10_000 */
  readonly headersMsMax: number;
  /** From the opening to the end of a request. Milliseconds. @default 30_000 */
  readonly requestMsMax: number;
  /** An idle connection is kept for. Milliseconds. @default 5_000 */
  readonly keepAliveMs: number;
  /** How often the two limits above are looked at; all that have passed them end in one turn. Milliseconds. @default 250 */
  readonly checkIntervalMs: number;
  /** Connections of any kind; further ones are dropped. Zero means no limit. @default 55_000 */
  readonly connectionsMax: number;
}

export const httpLimitDefaults: HttpLimits = {
  headersMsMax: 10_000,
  requestMsMax: 30_000,
  keepAliveMs: 5_000,
  checkIntervalMs: 250,
  connectionsMax: 55_000,
  turnMsMax: 8,
  unreadMsMax: 15_000,
  unreadBytesMax: 64 * 1024 * 1024,
};

/** Options of `createServer` that are kept as properties of the server and read when it begins to listen. */
interface ServerProperties {
  connectionsCheckingInterval?: number;
}

/**
 * Sets the limits of an HTTP server. Call it before `listen`, which is when Node starts looking at them.
 *
 * @example limitHttpServer(server, { headersMsMax: 5_000 })
 */
export function limitHttpServer(server: Server, limits: Partial<HttpLimits> = {}): void {
  const all: HttpLimits = { ...httpLimitDefaults, ...limits };
  server.headersTimeout = all.headersMsMax;
  server.requestTimeout = all.requestMsMax;
  server.keepAliveTimeout = all.keepAliveMs;
  // Any other number would drop the headers beyond it silently, an Origin or a Host among them; their total size is
  // limited by Node's `maxHeaderSize`, which is answered 431.
  server.maxHeadersCount = 0;
  if (all.connectionsMax > 0) server.maxConnections = all.connectionsMax;
  (server as ServerProperties).connectionsCheckingInterval = all.checkIntervalMs;
  paceRequests(server, all);
}
