/**
 * The requests of the HTTP server, of which only those for WebSocket are upgrades; and their targets in one form.
 *
 * Once anybody listens for upgrades, Node hands over every request that offers one. HTTP clients that offer
 * HTTP/2 with their first request, such as Java's, would then never be answered; an offer may be ignored
 * (RFC 9110, section 7.8), and so it is.
 */
import { IncomingMessage } from "node:http";

export class IncomingRequest extends IncomingMessage {
  /** Without an initialiser: Node's constructor sets it already. */
  declare private offersUpgrade: boolean | null;

  /** Node sets and reads it between the headers and what follows them. */
  get upgrade(): boolean {
    if (this.offersUpgrade !== true) return false;
    return this.method === "CONNECT" || /\bwebsocket\b/i.test(this.headers.upgrade ?? "");
  }

  set upgrade(value: boolean | null) {
    this.offersUpgrade = value;
  }
}

/** The target of a request, whichever form the client chose (RFC 9112, section 3.2). */
export interface RequestTarget {
  /** Path and query, or "*". */
  readonly path: string;
  /** Host and port of an absolute form, which a server must take in place of the Host header. */
  readonly authority?: string;
}

const absoluteForm = /^https?:\/\/(?<authority>[^/?#\\]+)(?<path>[/?][^#]*)?/i;

/**
 * Undefined for what names no resource of an HTTP server.
 *
 * @example parseRequestTarget("/livez") // { path: "/livez" }
 * @example parseRequestTarget("http://localhost:8000/livez") // { path: "/livez", authority: "localhost:8000" }
 * @example parseRequestTarget("http://[") // undefined
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.startsWith("/") || target === "*") return { path: target };
  const groups = absoluteForm.exec(target)?.groups;
  if (groups === undefined || !URL.canParse(target)) return undefined;
  const { authority = "", path = "/" } = groups;
  return { path: path.startsWith("/") ? path : `/${path}`, authority };
}
