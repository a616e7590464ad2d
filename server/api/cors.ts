/** Cross-origin access (Fetch standard): any origin by default, because pages elsewhere are what this server is for. */
import type { IncomingMessage, ServerResponse } from "node:http";

const allowedMethods = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
const allowedHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match";
const exposedHeaders = "Allow, ETag, Idempotent-Replayed, Link, Location, Retry-After";
const preflightSecondsMax = "600";

/** Sets the response's CORS headers. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => void;

function headerOrigin(origin: string | readonly string[]): (given: string | undefined) => string | undefined {
  if (origin === "*") return () => "*";
  const known = new Set(typeof origin === "string" ? [origin] : origin);
  if (known.has("*")) return () => "*";
  return (given) => (given !== undefined && known.has(given) ? given : undefined);
}

/** CORS for one origin, several, or "*" for any. No credentials: the API uses no cookies. */
export function createCors(origin: string | readonly string[]): Cors {
  const allowedOrigin = headerOrigin(origin);
  return (request, response) => {
    const given = request.headers.origin;
    const allowed = allowedOrigin(given);
    if (allowed !== "*") response.setHeader("Vary", "Origin");
    if (allowed === undefined || given === undefined) return;
    response.setHeader("Access-Control-Allow-Origin", allowed);
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
      response.setHeader("Access-Control-Allow-Methods", allowedMethods);
      response.setHeader("Access-Control-Allow-Headers", allowedHeaders);
      response.setHeader("Access-Control-Max-Age", preflightSecondsMax);
    } else {
      response.setHeader("Access-Control-Expose-Headers", exposedHeaders);
    }
  };
}
