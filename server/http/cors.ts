/** Cross-origin access (Fetch standard): any origin by default, because pages elsewhere are what this server is for. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** What a preflight is answered, and what pages may read; each a list as in the header. */
export interface CorsAnswer {
  readonly methods: string;
  /** Headers that pages may send. @default those that they ask for */
  readonly headers?: string;
  /** @default none but the ones that every page may read */
  readonly exposedHeaders?: string;
}

const preflightSecondsMax = "600";

/** Sets the response's CORS headers. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => void;

/** Whether a page asks what it may do, before it does it. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** CORS for one origin, several, or "*" for any. No credentials: nothing here uses cookies. */
export function createCors(origin: string | readonly string[], { methods, headers, exposedHeaders }: CorsAnswer): Cors {
  const known = new Set(typeof origin === "string" ? [origin] : origin);
  const isAny = known.has("*");
  return (request, response) => {
    const given = request.headers.origin;
    if (!isAny) response.setHeader("Vary", "Origin");
    if (given === undefined || !(isAny || known.has(given))) return;
    response.setHeader("Access-Control-Allow-Origin", isAny ? "*" : given);
    if (isPreflight(request)) {
      const allowed = headers ?? request.headers["access-control-request-headers"];
      response.setHeader("Access-Control-Allow-Methods", methods);
      if (allowed !== undefined) response.setHeader("Access-Control-Allow-Headers", allowed);
      response.setHeader("Access-Control-Max-Age", preflightSecondsMax);
    } else if (exposedHeaders !== undefined) {
      response.setHeader("Access-Control-Expose-Headers", exposedHeaders);
    }
  };
}
