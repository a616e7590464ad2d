/** The answer to the upgrade is judged as `ws` judges it, and addresses reach the wire as clients write them. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { amount } from "../../schemas/amount.fixture.js";
import { parseTarget } from "../core/target.js";
import { createUpgradeRequest, readUpgradeAnswer, upgradeHead } from "./handshake.js";
import { acceptFor } from "./thin-subscriber.fixture.js";

const seed = 17;
const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** Header lines of an answer; `{accept}` is the right one for the key. */
type Head = readonly string[];

const fill = (head: Head, of: string): string => head.join("\r\n").replaceAll("{accept}", acceptFor(of));

function isAccepted(head: Head): boolean {
  return readUpgradeAnswer(fill(head, key), key).kind === "accepted";
}

/** Gives the answer to the client of `ws`, which asks over a stream instead of a socket. */
async function isAcceptedByWs(head: Head): Promise<boolean> {
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const sent = /Sec-WebSocket-Key: (\S+)/i.exec(chunk.toString("latin1"))?.[1];
      if (sent !== undefined) this.push(Buffer.from(`${fill(head, sent)}\r\n\r\n`, "latin1"));
      done();
    },
  });
  Object.assign(stream, { setTimeout: () => stream, setNoDelay: () => stream, setKeepAlive: () => stream });
  const options: ClientOptions = { perMessageDeflate: false, createConnection: () => stream as Socket };
  const socket = new WebSocket("ws://localhost/", options);
  socket.on("error", () => {});
  const opened = once(socket, "open").then(
    () => true,
    () => false,
  );
  // An answer that is not final, such as a 101 that does not upgrade, is followed by nothing.
  setImmediate(() => setImmediate(() => setImmediate(() => stream.push(null))));
  const isOpen = await opened;
  socket.terminate();
  return isOpen;
}

const good: Head = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: {accept}",
];
const anyStatus = fc.constantFrom(
  "HTTP/1.1 101 Switching Protocols",
  "HTTP/1.1 101 ",
  "HTTP/1.1 101 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 302 Found",
  "HTTP/1.1 400 Bad Request",
  "HTTP/2 101",
  "HTTP/1.1 1x1 No",
  "ICY 101 OK",
  "",
  "HTTP/1.1 10",
);
const anyLine = fc.constantFrom(
  "Upgrade: websocket",
  "upgrade:WebSocket",
  "UPGRADE:  websocket  ",
  "Upgrade: h2c",
  "Upgrade: websocket, h2c",
  "Connection: Upgrade",
  "connection: keep-alive, upgrade",
  "Connection: close",
  "Connection:\tUpgrade",
  "Sec-WebSocket-Accept: {accept}",
  "sec-websocket-accept:{accept}",
  "Sec-WebSocket-Accept: {accept}x",
  "Sec-WebSocket-Accept:",
  "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  "Sec-WebSocket-Extensions: permessage-deflate",
  "Sec-WebSocket-Extensions: x",
  "Sec-WebSocket-Protocol: chat",
  "Date: now",
  "Set-Cookie: a=b; Path=/",
  "X: é",
  "no colon",
  "bad name: x",
  "X : y",
  "X: a\0b",
  ": empty",
);
const anyHead = fc
  .record({
    status: fc.oneof({ weight: 4, arbitrary: fc.constant(good[0]) }, { weight: 1, arbitrary: anyStatus }),
    more: fc.array(anyLine, { maxLength: 3 }),
    without: fc.option(fc.constantFrom(1, 2, 3)),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  })
  .map(({ status, more, without, order }): Head => {
    const lines = good.filter((_, index) => index > 0 && index !== without).concat(more);
    return [status].concat(lines.toSorted((a, b) => order[lines.indexOf(a)] - order[lines.indexOf(b)]));
  });

test(`answers to the upgrade are accepted exactly where ws accepts them (seed ${seed})`, async () => {
  const counts = { accepted: 0, rejected: 0 };
  await fc.assert(
    fc.asyncProperty(anyHead, async (head) => {
      const accepted = await isAcceptedByWs(head);
      counts[accepted ? "accepted" : "rejected"] += 1;
      expect(isAccepted(head), JSON.stringify(head)).toBe(accepted);
    }),
    { seed, numRuns: amount(1000, 12_000) },
  );
  expect(counts.accepted).toBeGreaterThan(100);
  expect(counts.rejected).toBeGreaterThan(100);
});

test("answers before the final one are passed over", () => {
  expect(readUpgradeAnswer("HTTP/1.1 103 Early Hints\r\nLink: </a>", key).kind).toBe("interim");
});

/** Addresses as people write them: other case, punycode, a dot at the end, IPv6, default ports, prefixes. */
const anyHost = fc.oneof(
  fc.constantFrom("localhost", "LOCALHOST", "localhost.", "Example.TEST", "bücher.example", "xn--bcher-kva.example"),
  fc.constantFrom("127.0.0.1", "127.1", "0x7f.1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[2001:DB8::A]"),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
);
const anyAddress = fc
  .record({
    scheme: fc.constantFrom("http://", "https://", "HTTP://", "Https://"),
    host: anyHost,
    port: fc.oneof(
      fc.constantFrom("", ":", ":80", ":443", ":08000"),
      fc.nat({ max: 65_535 }).map((port) => `:${port}`),
    ),
    path: fc.constantFrom("", "/", "/max", "/max/", "/a/b//", "/ä", "/%7Ea"),
  })
  .map(({ scheme, host, port, path }) => scheme + host + port + path);

test(`every legal address is connected to as a browser would (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      fc.pre(URL.canParse(address));
      const url = new URL(address);
      if (url.hostname === "localhost.") url.hostname = "localhost";
      const request = createUpgradeRequest(parseTarget({ url: address }).subscribers);
      const head = upgradeHead(request, key).toString("latin1");
      const prefix = url.pathname.replace(/\/+$/, "");
      expect(head.split("\r\n")[0]).toBe(`GET ${prefix}/socket.io/?EIO=4&transport=websocket HTTP/1.1`);
      expect(head.match(/^host: .*$/gim)).toEqual([`Host: ${url.host}`]);
      expect(request.port).toBe(Number(url.port || (url.protocol === "https:" ? 443 : 80)));
      expect(url.hostname.startsWith("[") ? `[${request.host}]` : request.host).toBe(url.hostname);
      const isName = /[a-z]/.test(url.hostname) && !url.hostname.startsWith("[");
      expect(request.serverName).toBe(isName ? url.hostname.replace(/\.$/, "") : undefined);
    }),
    { seed, numRuns: amount(2000, 20_000) },
  );
});
