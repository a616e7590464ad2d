/** The PROXY protocol: whole headers are read wherever their bytes are cut, and nothing makes the reader throw. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { binaryHeader, ipv4Addresses, textHeader } from "./proxy-protocol.fixture.js";
import { crc32c, headerBytesMax, readProxyHeader } from "./proxy-protocol.js";

const seed = 20;
const numRuns = amount(500, 50_000);
const request = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
const ipv6Addresses = Buffer.concat([Buffer.from("20010db8000000000000000000000009", "hex"), Buffer.alloc(20, 1)]);

test("the checksum is CRC-32C", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe306_9283);
});

describe("a header", () => {
  test.each([
    ["IPv4 as text", textHeader("203.0.113.9"), "203.0.113.9"],
    ["IPv6 as text", textHeader("2001:DB8::9"), "2001:db8::9"],
    ["unknown, as text", Buffer.from("PROXY UNKNOWN\r\n"), undefined],
    ["unknown with addresses", Buffer.from("PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n"), undefined],
    ["IPv4", binaryHeader({ addresses: ipv4Addresses("203.0.113.9") }), "203.0.113.9"],
    ["IPv6", binaryHeader({ family: 2, addresses: ipv6Addresses }), "2001:db8::9"],
    ["a UNIX socket", binaryHeader({ family: 3, addresses: Buffer.alloc(216) }), undefined],
    ["none", binaryHeader({ family: 0, addresses: Buffer.alloc(0) }), undefined],
    ["the proxy's own", binaryHeader({ command: 0, addresses: ipv4Addresses("203.0.113.9") }), undefined],
    ["the proxy's own, anything behind", binaryHeader({ command: 0, addresses: Buffer.alloc(7, 3) }), undefined],
    ["a checksum", binaryHeader({ addresses: ipv4Addresses("203.0.113.9"), hasChecksum: true }), "203.0.113.9"],
  ])("of %s is read, and what follows is left", (_name, header, client) => {
    expect(readProxyHeader(Buffer.concat([header, request]))).toEqual({
      kind: "complete",
      bytes: header.length,
      client,
    });
  });

  const addresses = ipv4Addresses("203.0.113.9");
  function changed(at: number, value: number): Buffer {
    const header = binaryHeader({ addresses, hasChecksum: true });
    header[at] = value;
    return header;
  }
  test.each([
    ["text without an end", Buffer.alloc(107, "PROXY TCP4 "), "the line does not end"],
    ["text with another family", Buffer.from("PROXY TCP6 203.0.113.9 10.0.0.1 1 2\r\n"), "the line names no addresses"],
    ["text without ports", Buffer.from("PROXY TCP4 203.0.113.9 10.0.0.1\r\n"), "the line names no addresses"],
    [
      "text with a large port",
      Buffer.from("PROXY TCP4 203.0.113.9 10.0.0.1 65536 1\r\n"),
      "the line names no addresses",
    ],
    ["text with two spaces", Buffer.from("PROXY TCP4  203.0.113.9 10.0.0.1 1 2\r\n"), "the line names no addresses"],
    ["version 1 in binary", changed(12, 0x11), "unknown version or command"],
    ["command 2", changed(12, 0x22), "unknown version or command"],
    ["family 4", changed(13, 0x41), "unknown family or transport"],
    ["transport 3", changed(13, 0x13), "unknown family or transport"],
    ["65,535 bytes", changed(14, 0xff), "too long"],
    ["no room for the addresses", binaryHeader({ addresses: addresses.subarray(1) }), "too short for its addresses"],
    [
      "half a field",
      binaryHeader({ addresses: Buffer.concat([addresses, Buffer.from([1, 0])]) }),
      "a field is cut off",
    ],
    [
      "a field beyond it",
      binaryHeader({ addresses: Buffer.concat([addresses, Buffer.from([1, 0, 9])]) }),
      "a field is cut off",
    ],
    ["a wrong checksum", changed(19, 10), "wrong checksum"],
    ["a short checksum", binaryHeader({ addresses, fields: [[3, Buffer.alloc(2)]] }), "a checksum of another length"],
  ])("with %s is invalid", (_name, header, reason) => {
    expect(readProxyHeader(header)).toEqual({ kind: "invalid", reason });
  });

  test("may be as long as the limit, and no longer", () => {
    const fill = (bytes: number) => binaryHeader({ addresses, fields: [[0xe0, Buffer.alloc(bytes - 16 - 12 - 3)]] });
    expect(readProxyHeader(fill(headerBytesMax)).kind).toBe("complete");
    expect(readProxyHeader(fill(headerBytesMax + 1)).kind).toBe("invalid");
  });

  test.each(["GET / HTTP/1.1", "PROPFIND / HTTP/1.1", "PUT ", "\r\n\r\nGET / HTTP/1.1", "\n", "\0"])(
    "is not what begins with %j",
    (text) => {
      expect(readProxyHeader(Buffer.from(text))).toEqual({ kind: "absent" });
    },
  );
});

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join("."));
const fields = fc.array(
  fc.tuple(
    fc.integer({ min: 0x20, max: 0xff }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  ),
  { maxLength: 5 },
);
const headers = fc.oneof(
  octets.map((client) => ({ client, header: textHeader(client) })),
  fc.tuple(octets, fields, fc.boolean()).map(([client, given, hasChecksum]) => ({
    client,
    header: binaryHeader({ addresses: ipv4Addresses(client), fields: given, hasChecksum }),
  })),
);

test(`a header is incomplete up to its last byte and then read, whatever follows (seed ${seed})`, () => {
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 50 }), fc.nat(), ({ client, header }, rest, cut) => {
      expect(readProxyHeader(header.subarray(0, cut % header.length))).toEqual({ kind: "incomplete" });
      const whole = readProxyHeader(Buffer.concat([header, rest]));
      expect(whole).toEqual({ kind: "complete", bytes: header.length, client });
    }),
    { seed, numRuns },
  );
});

test(`with a checksum no single changed byte names another client (seed ${seed})`, () => {
  fc.assert(
    fc.property(octets, fields, fc.nat(), fc.integer({ min: 1, max: 255 }), (client, given, at, change) => {
      const header = binaryHeader({ addresses: ipv4Addresses(client), fields: given, hasChecksum: true });
      const behindLength = 16 + (at % (header.length - 16));
      header[behindLength] ^= change;
      const read = readProxyHeader(header);
      // Where the checksum's own type was changed, there is none.
      if (read.kind !== "invalid") expect(read).toEqual({ kind: "complete", bytes: header.length, client });
    }),
    { seed, numRuns },
  );
});

test(`whatever bytes arrive, they are judged and never more than the limit is waited for (seed ${seed})`, () => {
  const starts = fc.constantFrom("", "PROXY ", "PROXY TCP4 ", "PROXY UNKNOWN", "\r\n\r\n\0\r\nQUIT\n");
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 2 * headerBytesMax, size: "max" }), (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start), rest]);
      const { kind } = readProxyHeader(bytes);
      if (bytes.length > headerBytesMax) expect(kind).not.toBe("incomplete");
    }),
    { seed, numRuns: amount(200, 5000) },
  );
});
