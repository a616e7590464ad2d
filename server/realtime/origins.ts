/**
 * Which pages may connect. CORS does not cover WebSocket, so handshakes are checked against the same list.
 *
 * A request without Origin passes: it is no page's. So does the server's own page.
 */
import type { IncomingMessage } from "node:http";
import { describeValue } from "../../schemas/describe-value.js";
import { RealtimeOptionError } from "./errors.js";

/** The origins that a room answers; `*` is any. */
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
