/** PROXY headers over real connections: cut anywhere, broken in any way, from trusted addresses and others. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { ClientAddresses, proxyHeaderCode } from "./client-addresses.js";
import { type HttpLimits, limitHttpServer } from "./http-limits.js";
import { binaryHeader, ipv4Addresses, textHeader } from "./proxy-protocol.fixture.js";
import { headerBytesMax } from "./proxy-protocol.js";

const proxy = "127.0.0.1";
const client = "203.0.113.9";
const lastGet = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** A server that answers with the address that a request comes from. It trusts one proxy. */
async function serve(limits?: Partial<HttpLimits>) {
  const addresses = new ClientAddresses([proxy]);
  const server = createServer((request, response) => {
    const { address, isLocal } = addresses.of(request);
    response.end(`address ${address}${isLocal ? " on this machine" : ""}`);
  });
  limitHttpServer(server, limits);
  addresses.follow(server);
  const faults: (string | undefined)[] = [];
  server.on("clientError", ({ code }: NodeJS.ErrnoException, socket) => {
    faults.push(code);
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  function dial(localAddress: string): Socket {
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true }).on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  }
  async function ask(bytes: Buffer | string, localAddress = proxy): Promise<string | undefined> {
    const socket = dial(localAddress);
    socket.end(bytes);
    const answer = await text(socket).catch(() => "");
    return /address .*$/m.exec(answer)?.[0] ?? /^HTTP\/1\.1 \d+/.exec(answer)?.[0];
  }
  const connections = () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  return { ask, dial, faults, connections };
}

const named = `address ${client}`;
const withList = (list: string) => lastGet.replace("\r\n\r\n", `\r\nX-Forwarded-For: ${list}\r\n\r\n`);

test("a client is whom a trusted proxy names, by the connection or by the request; others name nobody", async () => {
  const { ask, faults } = await serve();
  expect(await ask(lastGet)).toBe("address 127.0.0.1 on this machine");
  expect(await ask(withList(client))).toBe(named);
  expect(await ask(Buffer.concat([textHeader(client), Buffer.from(lastGet)]))).toBe(named);
  const header = binaryHeader({ addresses: ipv4Addresses(client), hasChecksum: true });
  expect(await ask(Buffer.concat([header, Buffer.from(lastGet)]))).toBe(named);
  // Whom the connection names is no proxy: what it writes into a request is its own.
  expect(await ask(Buffer.concat([header, Buffer.from(withList("198.51.100.1"))]))).toBe(named);
  // One proxy in front of another.
  const other = textHeader(proxy);
  expect(await ask(Buffer.concat([other, Buffer.from(withList(client))]))).toBe(named);
  // Its own connection, such as a health check.
  const own = binaryHeader({ command: 0, family: 0, addresses: Buffer.alloc(0) });
  expect(await ask(Buffer.concat([own, Buffer.from(lastGet)]))).toBe("address 127.0.0.1 on this machine");
  // It has not said who asks it, which does not make the client one of this machine.
  expect(await ask(withList("unknown"))).toBe("address 127.0.0.1");
  expect(faults).toEqual([]);
});

test("from an address that is not trusted, headers change nothing and a PROXY header is no HTTP", async () => {
  const { ask, faults } = await serve();
  const address = "address 127.0.0.2 on this machine";
  expect(await ask(withList(client), "127.0.0.2")).toBe(address);
  expect(await ask(withList(`${client}, ${proxy}`), "127.0.0.2")).toBe(address);
  const binary = binaryHeader({ addresses: ipv4Addresses(client) });
  for (const header of [textHeader(client), binary])
    expect(await ask(Buffer.concat([header, Buffer.from(lastGet)]), "127.0.0.2")).toBeUndefined();
  expect(faults).toEqual(["HPE_INVALID_METHOD", "HPE_INVALID_METHOD"]);
});

test("a connection that never ends its PROXY header is closed when its request is due", async () => {
  const { dial, faults, connections } = await serve({ headersMsMax: 200, checkIntervalMs: 20 });
  const socket = dial(proxy);
  socket.write("PROXY TCP4 ");
  socket.resume();
  await once(socket, "close");
  expect(faults).toEqual(["ERR_HTTP_REQUEST_TIMEOUT"]);
  await expect.poll(connections).toBe(0);
});

/** Headers that are right, and such as no proxy writes; whether they are to be accepted. */
const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join("."));
const right = fc.tuple(octets, fc.boolean(), fc.boolean()).map(([address, isText, hasChecksum]) => ({
  header: isText ? textHeader(address) : binaryHeader({ addresses: ipv4Addresses(address), hasChecksum }),
  address,
}));
const wrong = fc.oneof(
  octets.map((address) => textHeader(address).subarray(0, -2)),
  octets.map((address) => Buffer.concat([Buffer.from("PROXY "), textHeader(address)])),
  fc.integer({ min: 107, max: 5000 }).map((length) => Buffer.alloc(length, "PROXY UNKNOWN ")),
  fc.tuple(octets, fc.integer({ min: 1, max: 255 })).map(([address, change]) => {
    const header = binaryHeader({ addresses: ipv4Addresses(address), hasChecksum: true });
    header[header.length - 1] ^= change;
    return header;
  }),
  fc.tuple(octets, fc.integer({ min: 0, max: 11 })).map(([address, length]) => {
    const header = binaryHeader({ addresses: ipv4Addresses(address) });
    header.writeUInt16BE(length, 14);
    return header;
  }),
  fc.tuple(octets, fc.integer({ min: headerBytesMax, max: 0xffff })).map(([address, length]) => {
    const header = binaryHeader({ addresses: ipv4Addresses(address) });
    header.writeUInt16BE(length, 14);
    return header;
  }),
  // Cut off: nothing follows.
  octets.map((address) =>
    binaryHeader({ addresses: ipv4Addresses(address), fields: [[4, Buffer.alloc(99)]] }).subarray(0, -1),
  ),
);

const seed = 2027;
test(`a right header is read however it is cut, a wrong one closes its connection and is counted (seed ${seed})`, async () => {
  const { dial, faults, connections } = await serve();
  async function send(bytes: Buffer, cuts: readonly number[]): Promise<string> {
    const socket = dial(proxy);
    const answer = text(socket).catch(() => "");
    let from = 0;
    for (const cut of cuts) {
      socket.write(bytes.subarray(from, from + cut));
      from += cut;
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end(bytes.subarray(from));
    return await answer;
  }
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(right, wrong, cuts, async ({ header, address }, broken, places) => {
      const answer = await send(Buffer.concat([header, Buffer.from(lastGet)]), places);
      expect(/address [\d.]+/.exec(answer)?.[0]).toBe(`address ${address}`);
      const before = faults.length;
      expect(await send(broken, places)).toBe("");
      expect(faults.slice(before)).toEqual([proxyHeaderCode]);
    }),
    { seed, numRuns: amount(200, 10_000) },
  );
  await expect.poll(connections).toBe(0);
}, 600_000);
