/**
 * Cross-origin access (Fetch standard): any origin by default, because pages elsewhere are what this server is for.
 *
 * A page of an allowed origin may use any method and send any header: tracing libraries, HTTP clients and tunnels
 * add their own (`traceparent`, `X-Requested-With`), and the API itself rejects what it does not accept, with a
 * reason that the page can read. Credentials are allowed as well: nothing here uses cookies, so they give a page
 * nothing that it does not have without them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

const preflightSecondsMax = "600";

/** Sets the response's CORS headers. True if the request is a preflight of an allowed origin: answer 204, and nothing else. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Whether a page asks what it may do, before it does it. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** Grants what the preflight asks for, besides the methods that there are. */
function grant({ headers }: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
  const { "access-control-request-method": asked = "", "access-control-request-headers": names } = headers;
  response.setHeader(
    "Access-Control-Allow-Methods",
    (methods.includes(asked) ? methods : [...methods, asked]).join(", "),
  );
  if (names !== undefined) response.setHeader("Access-Control-Allow-Headers", names);
  // Asked by a page of the public web for a server in a private network, such as one on this machine.
  if (headers["access-control-request-private-network"] === "true")
    response.setHeader("Access-Control-Allow-Private-Network", "true");
  response.setHeader("Access-Control-Max-Age", preflightSecondsMax);
}

export interface CorsOptions {
  /** One origin, several, or "*" for any. */
  readonly origin: string | readonly string[];
  /** That the server has; pages may use others, too. */
  readonly methods: readonly string[];
  /** What pages may read, as in the header. @default the headers that every page may read */
  readonly exposedHeaders?: string;
}

export function createCors({ origin, methods, exposedHeaders }: CorsOptions): Cors {
  const known = new Set(typeof origin === "string" ? [origin] : origin);
  const isAny = known.has("*");
  return (request, response) => {
    const given = request.headers.origin;
    response.setHeader("Vary", "Origin");
    if (given === undefined || !(isAny || known.has(given))) return false;
    // The origin itself and not "*", which browsers refuse for requests with credentials.
    response.setHeader("Access-Control-Allow-Origin", given);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    if (isPreflight(request)) {
      grant(request, response, methods);
      return true;
    }
    if (exposedHeaders !== undefined) response.setHeader("Access-Control-Expose-Headers", exposedHeaders);
    return false;
  };
}
