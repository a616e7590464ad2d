/** IP addresses in one form, and which connections count as one peer. */
import { SocketAddress, isIP } from "node:net";

const ipv4Mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The one form of an IP address: lower case, shortened, without a zone; an IPv4 address mapped into IPv6 as IPv4.
 * Undefined for what is no IP address.
 *
 * @example canonicalAddress("2001:0DB8::0:1") // "2001:db8::1"
 * @example canonicalAddress("::ffff:192.0.2.1") // "192.0.2.1"
 */
export function canonicalAddress(text: string): string | undefined {
  const kind = isIP(text);
  if (kind !== 6) return kind === 4 ? text : undefined;
  const { address } = new SocketAddress({ address: text.split("%", 1)[0]!, family: "ipv6" });
  return ipv4Mapped.exec(address)?.[1] ?? address;
}

/** The IPv4 address that an address is, or that is mapped into it; null for any other. */
function ipv4Of(address: string): string | null {
  if (!address.includes(":")) return address;
  return ipv4Mapped.exec(address)?.[1] ?? null;
}

/**
 * The peer that an address belongs to: an IPv4 address itself, of an IPv6 address its first 64 bits,
 * because one subscriber line usually has all the rest.
 */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return ipv4Of(address) ?? networkOf(address);
}

function networkOf(address: string): string {
  const [head = "", tail = ""] = address.split("%", 1)[0]!.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const hidden = address.includes("::") ? Math.max(0, 8 - front.length - back.length) : 0;
  const groups = [...front, ...Array.from({ length: hidden }, () => "0"), ...back];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
