/**
 * Time limits of the HTTP server that the realtime room and the API share. Node's own are made for large
 * uploads: 60 s for headers, looked at every 30 s, and no limit to the number of connections.
 */
import type { Server } from "node:http";

export interface HttpLimits {
  /** From the opening of a connection to the end of a request's headers. Milliseconds. @default 10_000 */
  readonly headersMsMax: number;
  /** From the opening to the end of a request. Milliseconds. @default 30_000 */
  readonly requestMsMax: number;
  /** An idle connection is kept for. Milliseconds. @default 5_000 */
  readonly keepAliveMs: number;
  /** How often the two limits above are looked at. Milliseconds. @default 2_000 */
  readonly checkIntervalMs: number;
  /** Connections of any kind; further ones are dropped. Zero means no limit. @default 55_000 */
  readonly connectionsMax: number;
  /** Header lines of a request. @default 64 */
  readonly headersMax: number;
}

export const httpLimitDefaults: HttpLimits = {
  headersMsMax: 10_000,
  requestMsMax: 30_000,
  keepAliveMs: 5_000,
  checkIntervalMs: 2_000,
  connectionsMax: 55_000,
  headersMax: 64,
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
  server.maxHeadersCount = all.headersMax;
  if (all.connectionsMax > 0) server.maxConnections = all.connectionsMax;
  (server as ServerProperties).connectionsCheckingInterval = all.checkIntervalMs;
}
