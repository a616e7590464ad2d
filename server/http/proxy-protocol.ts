/**
 * The PROXY protocol, versions 1 and 2 (HAProxy's `doc/proxy-protocol.txt`): a header in front of a connection in
 * which a proxy names the client that it was asked by.
 *
 * Pure: takes what has arrived, and tells what it is. Whoever sent it is judged elsewhere.
 */
import { isIP } from "node:net";
import { canonicalAddress } from "./addresses.js";

/** What the first bytes of a connection are. */
export type ProxyHeader =
  /** Too few bytes to tell. */
  | { readonly kind: "incomplete" }
  /** Something else, such as a request. */
  | { readonly kind: "absent" }
  /** A whole header. Without a client where the proxy speaks for itself (a health check), or knows none. */
  | { readonly kind: "complete"; readonly bytes: number; readonly client: string | undefined }
  /** A header that is none: the connection has to be closed. */
  | { readonly kind: "invalid"; readonly reason: string };

const incomplete: ProxyHeader = { kind: "incomplete" };
const absent: ProxyHeader = { kind: "absent" };

function invalid(reason: string): ProxyHeader {
  return { kind: "invalid", reason };
}

const textSignature = Buffer.from("PROXY ");
const binarySignature = Buffer.from("\r\n\r\n\0\r\nQUIT\n");

/** Of version 1, with its line end. */
const lineBytesMax = 107;
/**
 * Of version 2, whose own limit is 65,551: a header has to fit into one segment of TCP, and a client's certificate in
 * it is all that makes one long.
 */
export const headerBytesMax = 4096;

const fixedBytes = 16;
const checksumType = 3;

/** Bytes of two addresses and ports, by family: none, IPv4, IPv6, UNIX. */
const addressBytes = [0, 12, 36, 216] as const;

/** @param bytes all that has arrived on the connection */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, textSignature)) return bytes.length < textSignature.length ? incomplete : readLine(bytes);
  if (startsLike(bytes, binarySignature)) return bytes.length < fixedBytes ? incomplete : readBinary(bytes);
  return absent;
}

/** Whether the bytes are the signature, as far as both go. */
function startsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

const tcpLine = /^PROXY TCP(?<family>[46]) (?<client>\S+) (?<server>\S+) (?<port>\d{1,5}) (?<serverPort>\d{1,5})$/;

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, lineBytesMax).indexOf("\r\n");
  if (end === -1) return bytes.length < lineBytesMax ? incomplete : invalid("the line does not end");
  const line = bytes.toString("latin1", 0, end);
  const header = { kind: "complete", bytes: end + 2 } as const;
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { ...header, client: undefined };
  const { family, client = "", server = "", port, serverPort } = tcpLine.exec(line)?.groups ?? {};
  const isWhole = isIP(client) === Number(family) && isIP(server) === Number(family);
  if (!isWhole || Number(port) > 65_535 || Number(serverPort) > 65_535) return invalid("the line names no addresses");
  return { ...header, client: canonicalAddress(client) };
}

function readBinary(bytes: Buffer): ProxyHeader {
  const [versionAndCommand = 0, familyAndTransport = 0] = bytes.subarray(binarySignature.length);
  const command = versionAndCommand & 0xf;
  if (versionAndCommand >> 4 !== 2 || command > 1) return invalid("unknown version or command");
  const family = familyAndTransport >> 4;
  const taken = addressBytes[family];
  if (taken === undefined || (familyAndTransport & 0xf) > 2) return invalid("unknown family or transport");
  const end = fixedBytes + bytes.readUInt16BE(14);
  if (end > headerBytesMax) return invalid("too long");
  if (bytes.length < end) return incomplete;
  const header = bytes.subarray(0, end);
  // The proxy's own connection: whatever follows is to be skipped.
  if (command === 0) return { kind: "complete", bytes: end, client: undefined };
  if (end < fixedBytes + taken) return invalid("too short for its addresses");
  const fault = faultOfFields(header, fixedBytes + taken);
  return fault === null ? { kind: "complete", bytes: end, client: clientOf(header, family) } : invalid(fault);
}

/** The client's address; undefined where the family has none. */
function clientOf(header: Buffer, family: number): string | undefined {
  if (family === 1) return header.subarray(fixedBytes, fixedBytes + 4).join(".");
  if (family !== 2) return undefined;
  const groups = Array.from({ length: 8 }, (_, at) => header.readUInt16BE(fixedBytes + 2 * at).toString(16));
  return canonicalAddress(groups.join(":"));
}

/** What is wrong with the fields after the addresses: type, length, value each. Of the values only a checksum is read. */
function faultOfFields(header: Buffer, start: number): string | null {
  for (let at = start; at < header.length;) {
    if (at + 3 > header.length) return "a field is cut off";
    const end = at + 3 + header.readUInt16BE(at + 1);
    if (end > header.length) return "a field is cut off";
    if (header[at] === checksumType) {
      if (end !== at + 7) return "a checksum of another length";
      const counted = Buffer.from(header).fill(0, at + 3, end);
      if (crc32c(counted) !== header.readUInt32BE(at + 3)) return "wrong checksum";
    }
    at = end;
  }
  return null;
}

/** CRC-32C (Castagnoli, RFC 3720 B.4), by byte. Node has only the other CRC-32. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ ((value & 1) * 0x82f63b78);
  return value;
});

/** @example crc32c(Buffer.from("123456789")) // 0xe3069283 */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) value = (value >>> 8) ^ crcTable[(value ^ byte) & 0xff]!;
  return (value ^ 0xffff_ffff) >>> 0;
}
