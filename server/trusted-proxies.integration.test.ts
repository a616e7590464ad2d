/** Limits for each address behind a proxy: they count whom it names, and nobody else can name anyone. */
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { io } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { scrape, token } from "./cluster.fixture.js";
import { type Max, type StartOptions, startMax } from "./main.js";
import { textHeader } from "./http/proxy-protocol.fixture.js";

const proxy = "127.0.0.1";
const outsider = "127.0.0.2";
const [alice, bob] = ["203.0.113.9", "2001:db8::9"] as const;

async function start(options: StartOptions): Promise<Max> {
  const max = await startMax({ port: 0, clock: "manual", token, trustProxy: [proxy], ...options });
  onTestFinished(() => max.close());
  return max;
}

interface From {
  readonly headers?: Record<string, string>;
  /** @default the proxy */
  readonly localAddress?: string;
}

/** The status of a request. */
async function ask(max: Max, path: string, { headers = {}, localAddress = proxy }: From): Promise<number | undefined> {
  const { port } = new URL(max.url);
  const sent = request({ host: "127.0.0.1", port, path, headers, localAddress, agent: false }).end();
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode as number;
}

/** The statuses of so many requests, each from an address of its own if the header is believed. */
async function askAsMany(max: Max, localAddress: string): Promise<(number | undefined)[]> {
  const statuses: (number | undefined)[] = [];
  for (let index = 0; index < 6; index += 1)
    statuses.push(
      await ask(max, "/api/sectors", { localAddress, headers: { "x-forwarded-for": `198.51.100.${index}` } }),
    );
  return statuses;
}

describe("the rate limit", () => {
  const rateLimit = { requestsMax: 4 };

  test.each<readonly [string, (address: string) => Record<string, string>]>([
    ["X-Forwarded-For", (address) => ({ "x-forwarded-for": address })],
    ["X-Forwarded-For with a client's own entries", (address) => ({ "x-forwarded-for": `127.0.0.1, ${address}` })],
    ["Forwarded", (address) => ({ forwarded: `for="${address.includes(":") ? `[${address}]` : address}:4711"` })],
  ])("counts the clients that %s names", async (_header, headersOf) => {
    const max = await start({ rateLimit });
    const statuses = async (address: string, count: number) => {
      const all: (number | undefined)[] = [];
      for (let left = count; left > 0; left -= 1)
        all.push(await ask(max, "/api/sectors", { headers: headersOf(address) }));
      return all;
    };
    expect(await statuses(alice, 6)).toEqual([200, 200, 200, 200, 429, 429]);
    expect(await statuses(bob, 1)).toEqual([200]);
  });

  test("counts a forged X-Forwarded-For from outside for its sender, which it would not if that were trusted", async () => {
    const limited = [200, 200, 200, 200, 429, 429];
    expect(await askAsMany(await start({ rateLimit }), outsider)).toEqual(limited);
    expect(await askAsMany(await start({ rateLimit, trustProxy: [] }), outsider)).toEqual(limited);
    const trusting = await start({ rateLimit, trustProxy: ["127.0.0.0/8"] });
    expect(await askAsMany(trusting, outsider)).toEqual(Array<number>(6).fill(200));
  });

  test("spares this machine, where it does, and not the clients behind a proxy on it", async () => {
    const max = await start({ rateLimit: { ...rateLimit, limitsLoopback: false } });
    const askFive = async (headers: Record<string, string>) => {
      const statuses: (number | undefined)[] = [];
      for (let left = 5; left > 0; left -= 1) statuses.push(await ask(max, "/api/index", { headers }));
      return statuses;
    };
    expect(await askFive({})).toEqual([200, 200, 200, 200, 200]);
    expect(await askFive({ "x-forwarded-for": alice })).toEqual([200, 200, 200, 200, 429]);
    // Whoever makes the proxy's word worthless is no client of this machine, either.
    expect(await askFive({ "x-forwarded-for": bob, forwarded: "for=127.0.0.1" })).toEqual([200, 200, 200, 200, 429]);
  });
});

describe("the limit of connections", () => {
  /** Resolves with whether a stock client was let in. */
  async function join(max: Max, transport: "polling" | "websocket", headers: Record<string, string>) {
    const socket = io(max.url, { transports: [transport], forceNew: true, reconnection: false, extraHeaders: headers });
    onTestFinished(() => void socket.close());
    const isIn = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("connect_error", () => resolve(false));
    });
    return { isIn, socket };
  }

  test.each(["polling", "websocket"] as const)("counts the clients that are named, over %s", async (transport) => {
    const max = await start({ limits: { connectionsPerPeerMax: 1 } });
    const from = (list: string) => join(max, transport, { "x-forwarded-for": list });
    const first = await from(alice);
    expect(first.isIn).toBe(true);
    expect((await from(alice)).isIn).toBe(false);
    // From its left end a list is what the client has written.
    expect((await from(`${bob}, ${alice}`)).isIn).toBe(false);
    expect((await from(bob)).isIn).toBe(true);
    first.socket.close();
    await expect.poll(() => max.subscribers()).toBe(1);
    expect((await from(alice)).isIn).toBe(true);
    expect((await scrape(max))('max_handshakes_refused_total{reason="connectionsPerPeerMax"}')).toBe(2);
  });

  test("counts the clients that the PROXY protocol names", async () => {
    const max = await start({ limits: { connectionsPerPeerMax: 1 } });
    const key =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    const handshake = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n${key}\r\n\r\n`;
    async function open(address: string): Promise<string> {
      const socket = connect({ port: Number(new URL(max.url).port), host: "127.0.0.1", localAddress: proxy });
      onTestFinished(() => void socket.destroy());
      socket.write(Buffer.concat([textHeader(address), Buffer.from(handshake)]));
      const [bytes] = (await once(socket, "data")) as [Buffer];
      return bytes.toString().split("\r\n", 1)[0];
    }
    expect(await open(alice)).toMatch(/ 101 /);
    expect(await open(alice)).toMatch(/ 429 /);
    expect(await open("203.0.113.10")).toMatch(/ 101 /);
  });
});

test("a connection with a broken PROXY header is closed without an answer, and counted", async () => {
  const max = await start({});
  const socket = connect({ port: Number(new URL(max.url).port), host: "127.0.0.1", localAddress: proxy });
  socket.write("PROXY TCP4 203.0.113.9 10.0.0.1 x y\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(await text(socket).catch(() => "")).toBe("");
  expect((await scrape(max))('max_inbound_refused_total{reason="proxyHeader"}')).toBe(1);
});

test("the Host check holds for what comes through a proxy, too: no page may rebind its name to this machine", async () => {
  const headers = { host: "evil.example", "x-forwarded-for": alice };
  expect(await ask(await start({}), "/api/sectors", { headers })).toBe(421);
  const max = await start({ limits: { allowedHosts: ["market.example"] } });
  expect(await ask(max, "/api/sectors", { headers })).toBe(421);
  expect(await ask(max, "/api/sectors", { headers: { ...headers, host: "market.example" } })).toBe(200);
});
