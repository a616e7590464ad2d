/**
 * Who a request comes from, by what proxies have written into its headers: `X-Forwarded-For` and `Forwarded` (RFC 7239).
 *
 * Each proxy appends whom it was asked by, so only what trusted proxies appended can be believed: the list is read from
 * its end, and the first address that is no trusted proxy's is the client. What stands before it is the client's own.
 */
import { canonicalAddress } from "./addresses.js";

/** Proxies one behind another that are followed. */
const hopsMax = 32;

/** Reads one entry of a header's list: an IP address, or undefined where it names none. */
type EntryReader = (entry: string) => string | undefined;

/** What a header says. */
export interface Forwarding {
  /** The client, or the last proxy that is known where an entry names no address. */
  readonly address: string;
  /** Whether an entry named no address. */
  readonly isBroken: boolean;
}

const withPort = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[\d.]+))(?::\d{1,5})?$/;

/**
 * An IP address with or without a port, IPv6 in brackets or bare.
 *
 * @example parseNode("[2001:db8::1]:4711") // "2001:db8::1"
 * @example parseNode("unknown") // undefined
 */
function parseNode(text: string): string | undefined {
  const { ipv4, ipv6 } = withPort.exec(text)?.groups ?? {};
  return canonicalAddress(ipv4 ?? ipv6 ?? text);
}

const forParameter = /^for=(?:"(?<quoted>[^"\\]*)"|(?<token>[^"\s]*))$/i;

/** The `for` of an element such as `for="[2001:db8::1]:4711";proto=https`. */
function parseElement(element: string): string | undefined {
  const groups = element
    .split(";")
    .map((parameter) => forParameter.exec(parameter.trim())?.groups)
    .filter((found) => found !== undefined);
  const [found] = groups;
  return found === undefined || groups.length > 1 ? undefined : parseNode(found["quoted"] ?? found["token"] ?? "");
}

/** Follows one header from its last entry, which the proxy at `nearest` has written, to the first that is not trusted. */
function follow(
  list: string,
  nearest: string,
  isTrusted: (address: string) => boolean,
  readEntry: EntryReader,
): Forwarding {
  let address = nearest;
  let end = list.length;
  for (let hops = 0; hops < hopsMax && end > 0; hops += 1) {
    // A comma in a quoted string splits an element in two that name no address. Proxies write none.
    const comma = list.lastIndexOf(",", end - 1);
    const found = readEntry(list.slice(comma + 1, end).trim());
    if (found === undefined) return { address, isBroken: true };
    address = found;
    if (!isTrusted(address)) break;
    end = comma;
  }
  return { address, isBroken: false };
}

/** The headers of a request that are read here. */
export interface ForwardedHeaders {
  readonly "x-forwarded-for"?: string | string[] | undefined;
  readonly forwarded?: string | undefined;
}

/**
 * What the headers of a request say that came from a trusted proxy; null where it has none.
 *
 * A proxy that writes one of the two headers leaves the other as the client sent it. Both count only where they agree.
 *
 * @param nearest the proxy's address
 * @example readForwarding({ "x-forwarded-for": "6.6.6.6, 203.0.113.9" }, "10.0.0.1", isTrusted).address // "203.0.113.9"
 */
export function readForwarding(
  headers: ForwardedHeaders,
  nearest: string,
  isTrusted: (address: string) => boolean,
): Forwarding | null {
  const { "x-forwarded-for": given = "", forwarded = "" } = headers;
  const list = String(given);
  const byList = list.trim() === "" ? null : follow(list, nearest, isTrusted, parseNode);
  const byElements = forwarded.trim() === "" ? null : follow(forwarded, nearest, isTrusted, parseElement);
  if (byList === null || byElements === null) return byList ?? byElements;
  return byList.address === byElements.address && byList.isBroken === byElements.isBroken
    ? byList
    : { address: nearest, isBroken: true };
}
