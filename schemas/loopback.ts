/** Which addresses and host names are this machine: one judgement for the server, the load test and the command line. */
import { isIP } from "node:net";

const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** As a URL's host name has it. */
const mappedLoopback = /^::ffff:7f[\da-f]{2}:[\da-f]{1,4}$/i;

/** True for 127.0.0.0/8 and ::1, of a connected socket. An unknown address is not loopback. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const ipv4 = address.includes(":") ? mappedIpv4.exec(address)?.[1] : address;
  return ipv4?.startsWith("127.") ?? (address === "::1" || mappedLoopback.test(address));
}

/**
 * True of host names that lead to this machine whoever is asked, an IPv6 address with or without its brackets.
 *
 * @example isLoopbackName("127.example") // false, a name like any other
 */
export function isLoopbackName(name: string): boolean {
  const host = name.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return host === "localhost" || host.endsWith(".localhost") || (isIP(host) !== 0 && isLoopback(host));
}
