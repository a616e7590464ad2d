/**
 * What comes before Engine.IO looks at a request: CORS, preflights, and bodies that are too large.
 *
 * One middleware for all of it, and nothing of CORS for WebSocket, which knows none: Engine.IO puts two promises
 * around each middleware of each connection.
 *
 * It also lets go of the request that a WebSocket connection began with: headers, URL and stream state, about a
 * sixth of what a connection costs. Two refer to it for as long as the connection lives: Engine.IO's connection,
 * whose `request` is set to null where connections are followed, and the stand-in response made for middlewares.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import { type Cors, isPreflight } from "../http/cors.js";
import type { LabelCounter } from "./counters.js";
import type { UpgradeResponse } from "./internals.js";
import { setImmediate } from "../core/timers.js";

export interface BeforeHandshakeOptions {
  readonly setCors: Cors;
  /** Of a polling request. Bytes. */
  readonly bodyBytesMax: number;
  readonly refused: LabelCounter;
}

/** The only middleware that Engine.IO is given. */
export function createBeforeHandshake({ setCors, bodyBytesMax, refused }: BeforeHandshakeOptions) {
  /** Of the handshakes of this turn. Nobody asks a stand-in for its request once its handshake is done. */
  let placeholders: UpgradeResponse[] = [];
  function releaseRequests(): void {
    for (const placeholder of placeholders) placeholder.req = null;
    placeholders = [];
  }
  return (request: IncomingMessage, response: ServerResponse | UpgradeResponse, next: () => void): void => {
    if (!(response instanceof ServerResponse)) {
      next();
      if (placeholders.push(response) === 1) setImmediate(releaseRequests);
      return;
    }
    setCors(request, response);
    if (isPreflight(request)) {
      response.writeHead(204).end();
    } else if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax) {
      refused.add("oversized");
      response.writeHead(413, { connection: "close" }).end();
    } else {
      next();
    }
  };
}
