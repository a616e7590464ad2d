/**
 * Requests before they are a connection: CORS, preflights and bodies that are too large, before Engine.IO looks at a
 * request; and those that Engine.IO or Node's HTTP server gives up on, which are counted.
 */
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { proxyHeaderCode } from "../http/client-addresses.js";
import { type Cors, isPreflight } from "../http/cors.js";
import type { Logger } from "../core/logger.js";
import type { LabelCounter } from "./counters.js";
import type { UpgradeResponse } from "./internals.js";
import { setImmediate } from "../core/timers.js";

export interface BeforeHandshakeOptions {
  readonly setCors: Cors;
  /** Of a polling request. Bytes. */
  readonly bodyBytesMax: number;
  readonly refused: LabelCounter;
}

/**
 * The only middleware that Engine.IO is given, because it puts two promises around each middleware of each connection.
 * WebSocket has no CORS.
 *
 * It also releases the request that a WebSocket connection began with: headers, URL and stream state, about a
 * sixth of what a connection costs. Two refer to it for as long as the connection lives: Engine.IO's connection,
 * whose `request` is set to null where connections are followed, and the stand-in response made for middlewares.
 */
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

/** The part of Engine.IO's `connection_error` that is read here. */
export interface HandshakeFailure {
  readonly code: number;
}

/** Engine.IO's error codes (its README), by what they mean. */
const failureReasons: Readonly<Record<number, string>> = {
  0: "unknownTransport",
  1: "unknownSession",
  2: "badMethod",
  3: "badRequest",
  5: "protocolVersion",
};

/**
 * Counts the requests that Engine.IO refused by itself, and explains the first that continues a session which is not
 * here: behind a load balancer it is what shows that polling clients lack sticky sessions.
 */
export function createFailureCount(refused: LabelCounter, logger: Logger): (failure: HandshakeFailure) => void {
  let isExplained = false;
  return ({ code }) => {
    const reason = failureReasons[code];
    if (reason === undefined) return;
    refused.add(reason);
    if (reason !== "unknownSession" || isExplained) return;
    isExplained = true;
    logger.warn(
      { reason },
      "a client continues a session that is not in this process: after a restart it connects anew by itself; otherwise " +
        "a load balancer leads a polling client to several processes, and needs sticky sessions. Further ones are only " +
        "counted, in max_handshakes_refused_total",
    );
  };
}

const timeoutCode = "ERR_HTTP_REQUEST_TIMEOUT";

/** Node's name for the response under way, if any: another one amid it would be garbage. */
interface RespondingSocket extends Socket {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** What a connection did wrong, or null when it only broke. */
function faultOf({ code = "" }: NodeJS.ErrnoException, socket: Socket): string | null {
  if (code === proxyHeaderCode) return "proxyHeader";
  if (code === timeoutCode) return socket.bytesRead === 0 ? "silent" : "slowRequest";
  return code.startsWith("HPE_") ? "malformed" : null;
}

const answers: Readonly<Record<string, string>> = {
  [timeoutCode]: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
};

/**
 * Counts the connections that Node's HTTP server gives up on, because they are silent, too slow or speak no HTTP, and
 * answers them as Node itself does where nobody listens.
 */
export function countBadRequests(server: Server, refused: LabelCounter): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: RespondingSocket) => {
    const fault = faultOf(error, socket);
    if (fault !== null) refused.add(fault);
    if (socket.writable && socket._httpMessage?.headersSent !== true)
      socket.write(`HTTP/1.1 ${answers[error.code ?? ""] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
    socket.destroySoon();
  });
}
