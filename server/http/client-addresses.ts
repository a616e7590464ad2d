/**
 * The address that each request comes from: its connection's, or the client's that trusted proxies name by the PROXY
 * protocol, `X-Forwarded-For` or `Forwarded`.
 *
 * Every limit for each address asks here. From an address that is not trusted nothing is read: a PROXY header is no
 * HTTP, and the headers are a client's own.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { isLoopback } from "../../schemas/loopback.js";
import { readForwarding } from "./forwarded.js";
import { readProxyHeader } from "./proxy-protocol.js";
import { TrustedProxies } from "./trusted-proxies.js";

export interface ClientAddress {
  /** Undefined where the connection has none any more. */
  readonly address: string | undefined;
  /** Whether the client is on this machine. False where a proxy on this machine does not name its client. */
  readonly isLocal: boolean;
}

/** Where a request comes from. */
export type ClientAddressOf = (request: IncomingMessage) => ClientAddress;

/** Without proxies: the other end of the connection. */
export const connectionAddress: ClientAddressOf = ({ socket: { remoteAddress } }) => ({
  address: remoteAddress,
  isLocal: isLoopback(remoteAddress),
});

/** A connection that began with a broken PROXY header: `code` of the error of the server's `clientError`. */
export const proxyHeaderCode = "MAX_PROXY_HEADER";

type Receive = (bytes: Buffer) => void;

export class ClientAddresses {
  readonly #proxies: TrustedProxies;
  /** What the PROXY protocol has named. */
  readonly #named = new WeakMap<Socket, string>();
  /** @throws nothing, whatever the request */
  readonly of: ClientAddressOf;

  /** @param trusted addresses and networks of proxies; without any, connections have the addresses that they come from */
  constructor(trusted: readonly string[] = []) {
    this.#proxies = new TrustedProxies(trusted);
    this.of = trusted.length === 0 ? connectionAddress : this.#forwardedAddress;
  }

  /** Reads the PROXY headers of connections from trusted proxies. Call it after whoever else takes over connections. */
  follow(server: Server): void {
    if (this.of === connectionAddress) return;
    server.on("connection", (socket) => {
      if (this.#proxies.has(socket.remoteAddress)) this.#awaitHeader(server, socket);
    });
  }

  readonly #forwardedAddress: ClientAddressOf = (request) => {
    const { socket, headers } = request;
    const nearest = this.#named.get(socket) ?? socket.remoteAddress;
    if (nearest === undefined || !this.#proxies.has(nearest)) return { address: nearest, isLocal: isLoopback(nearest) };
    const forwarding = readForwarding(headers, nearest, (address) => this.#proxies.has(address));
    const { address, isBroken } = forwarding ?? { address: nearest, isBroken: false };
    return { address, isLocal: !isBroken && isLoopback(address) };
  };

  /** Holds a connection's first bytes back until it is known whether they are a PROXY header. */
  #awaitHeader(server: Server, socket: Socket): void {
    const [receive] = socket.listeners("data") as [Receive];
    let received: Buffer = Buffer.alloc(0);
    function refuse(reason: string): void {
      socket.destroy();
      const error = Object.assign(new Error(`Invalid PROXY header: ${reason}.`), { code: proxyHeaderCode });
      server.emit("clientError", error, socket);
    }
    const onEnd = (): void => {
      if (received.length > 0) refuse("it is cut off");
    };
    const onData = (bytes: Buffer): void => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      const header = readProxyHeader(received);
      if (header.kind === "incomplete") return;
      socket.on("data", receive);
      socket.off("data", onData);
      socket.off("end", onEnd);
      if (header.kind === "invalid") {
        refuse(header.reason);
        return;
      }
      const isHeader = header.kind === "complete";
      if (isHeader && header.client !== undefined) this.#named.set(socket, header.client);
      const rest = isHeader ? received.subarray(header.bytes) : received;
      if (rest.length > 0) receive(rest);
    };
    socket.on("data", onData);
    socket.off("data", receive);
    socket.on("end", onEnd);
  }
}
