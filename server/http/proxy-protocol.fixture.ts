/** Writes headers of the PROXY protocol, as a proxy does. */
import { isIP } from "node:net";
import { crc32c } from "./proxy-protocol.js";

export function textHeader(client: string, server = isIP(client) === 4 ? "10.0.0.1" : "fd00::1"): Buffer {
  return Buffer.from(`PROXY TCP${isIP(client)} ${client} ${server} 56324 443\r\n`);
}

export interface BinaryHeader {
  /** Of the addresses: 0 none, 1 IPv4, 2 IPv6, 3 UNIX. */
  readonly family?: number;
  /** 1 for a client's connection, 0 for one of the proxy itself. */
  readonly command?: number;
  /** Both addresses and ports. */
  readonly addresses: Buffer;
  /** Type and value of each. */
  readonly fields?: readonly (readonly [number, Buffer])[];
  /** Whether a checksum is added. */
  readonly hasChecksum?: boolean;
}

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n");

function fieldBytes([type, value]: readonly [number, Buffer]): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

export function binaryHeader({
  family = 1,
  command = 1,
  addresses,
  fields = [],
  hasChecksum = false,
}: BinaryHeader): Buffer {
  const checksum = hasChecksum ? fieldBytes([3, Buffer.alloc(4)]) : Buffer.alloc(0);
  const body = Buffer.concat([addresses, ...fields.map(fieldBytes), checksum]);
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  const header = Buffer.concat([signature, Buffer.from([0x20 | command, (family << 4) | 1]), length, body]);
  if (hasChecksum) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

/** The addresses and ports of a connection from this IPv4 client. */
export function ipv4Addresses(client: string): Buffer {
  return Buffer.from([...client.split(".").map(Number), 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb]);
}
