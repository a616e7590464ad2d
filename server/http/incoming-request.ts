/**
 * The requests of the HTTP server, of which only those for WebSocket are upgrades.
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
