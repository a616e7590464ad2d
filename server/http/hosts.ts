/**
 * The Host check: on loopback only names of this machine are answered.
 *
 * Without it any page on the web could have its own name resolve to 127.0.0.1 and then talk to this server
 * as its own origin (DNS rebinding).
 */
import { isLoopback, isLoopbackName } from "../../schemas/loopback.js";

/** `host` or `host:port`, an IPv6 address in brackets. */
const hostAndPort = /^(?<name>\[[0-9a-f:.]+\]|[^:/?#@\s]+)(?::\d{1,5})?$/i;

/** The host name of a Host header in lower case, without port, brackets and a final dot. */
function hostName(header: string): string | undefined {
  const name = hostAndPort.exec(header.trim())?.groups?.["name"];
  return name
    ?.toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}

/** The way out for who comes by another name. */
export const allowHostHint =
  "Start it with --allow-host NAME (limits.allowedHosts in the library) to let it answer to another name.";

/** Whether a request with this Host header may be answered on this connection. */
export type HostCheck = (header: string | undefined, socket: { readonly localAddress?: string | undefined }) => boolean;

/**
 * Judges requests by their Host header and the address that each of them came in on.
 * A request without Host passes: no browser sends one.
 *
 * @param allowed further names, such as that of a proxy on this machine
 * @example createHostCheck()("evil.example", { localAddress: "127.0.0.1" }) // false
 * @example createHostCheck()("localhost:8000", { localAddress: "127.0.0.1" }) // true
 */
export function createHostCheck(allowed: readonly string[] = []): HostCheck {
  const names = new Set(allowed.map((host) => host.toLowerCase()));
  // Most requests have the same. Only a name is remembered: other headers are right on some addresses and not on others.
  let lastNamed: string | undefined;
  return (header, socket) => {
    if (header === undefined || header === lastNamed) return true;
    const name = hostName(header);
    if (name !== undefined && (isLoopbackName(name) || names.has(name))) {
      lastNamed = header;
      return true;
    }
    // Asked last: a socket asks the system for it.
    return !isLoopback(socket.localAddress);
  };
}
