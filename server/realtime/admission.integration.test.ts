import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../core/logger.js";
import { peerOf } from "../http/addresses.js";
import { createHostCheck } from "../http/hosts.js";
import { RealtimeOptionError } from "./index.js";
import { isAllowedOrigin, parseOrigins } from "./admission.js";
import { openRoom } from "./realtime.fixture.js";

/** The status of a polling handshake with these headers. */
function handshake(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const path = "/socket.io/?EIO=4&transport=polling";
    request({ port, host: "127.0.0.1", path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

interface HandshakeAnswer {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Begins a session over polling or WebSocket and leaves at once. */
async function tryHandshake(port: number, isUpgrade: boolean): Promise<HandshakeAnswer> {
  const key = Buffer.alloc(16).toString("base64");
  const sent = request({
    port,
    host: "127.0.0.1",
    path: `/socket.io/?EIO=4&transport=${isUpgrade ? "websocket" : "polling"}`,
    agent: false,
    ...(isUpgrade && {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": key },
    }),
  }).end();
  return new Promise((resolve, reject) => {
    sent.on("error", reject);
    sent.on("upgrade", ({ statusCode: status }, socket) => {
      socket.destroy();
      resolve({ status, retryAfter: undefined, body: "" });
    });
    sent.on("response", (response) => {
      const { statusCode: status, headers } = response;
      text(response).then((body) => resolve({ status, retryAfter: headers["retry-after"], body }), reject);
    });
  });
}

describe("the Host check", () => {
  test.each([
    ["localhost", true],
    ["localhost:8000", true],
    ["LOCALHOST.:8000", true],
    ["app.localhost", true],
    ["127.0.0.1:8000", true],
    ["127.1.2.3", true],
    ["[::1]:8000", true],
    [undefined, true],
    ["market.example", true],
    ["evil.example", false],
    ["localhost.evil.example", false],
    ["127.0.0.1.evil.example", false],
    ["evillocalhost", false],
    ["user@localhost", false],
    ["localhost:8000/path", false],
    ["", false],
    ["[::2]", false],
    ["127.0.0.1:8000, evil.example", false],
  ])("of %s on loopback says %s", (host, isAllowed) => {
    expect(createHostCheck(["market.example"])(host, { localAddress: "127.0.0.1" })).toBe(isAllowed);
    expect(createHostCheck(["Market.Example"])(host, { localAddress: "::1" })).toBe(isAllowed);
  });

  test("does not concern other addresses, and what it lets pass there it does not let pass on loopback", () => {
    const isAllowedHost = createHostCheck();
    for (let turn = 0; turn < 2; turn++) {
      expect(isAllowedHost("evil.example", { localAddress: "192.0.2.1" })).toBe(true);
      expect(isAllowedHost("evil.example", { localAddress: "127.0.0.1" })).toBe(false);
      expect(isAllowedHost("localhost", { localAddress: "127.0.0.1" })).toBe(true);
    }
  });

  test("refuses a handshake, over polling and WebSocket, and counts it", async () => {
    await using room = await openRoom();
    expect(await handshake(room.port, { host: "evil.example" })).toBe(403);
    await expect(room.connect({ extraHeaders: { host: "evil.example" } })).rejects.toThrow("websocket error");
    expect(room.realtime.counters.handshakesRefused).toEqual({ host: 2 });
  });
});

describe("the Origin check", () => {
  test.each([
    [undefined, true],
    ["https://market.example", true],
    ["http://localhost:8000", true],
    ["http://market.example", false],
    ["https://market.example.evil.example", false],
    ["null", false],
  ])("of %s says %s", (origin, isAllowed) => {
    const headers = { host: "localhost:8000", ...(origin !== undefined && { origin }) };
    expect(isAllowedOrigin({ headers }, ["https://market.example"])).toBe(isAllowed);
    expect(isAllowedOrigin({ headers }, "*")).toBe(true);
  });

  test("refuses a page's handshake over polling and WebSocket alike, in step with CORS", async () => {
    await using room = await openRoom({ origin: ["https://market.example"] });
    expect(await handshake(room.port, { origin: "https://evil.example" })).toBe(403);
    await expect(room.connect({ extraHeaders: { origin: "https://evil.example" } })).rejects.toThrow("websocket error");
    await room.connect({ extraHeaders: { origin: "https://market.example" } });
    expect(room.realtime.counters.handshakesRefused).toEqual({ origin: 2 });
    const { headers } = await fetch(`${room.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: "https://market.example" },
    });
    expect(headers.get("access-control-allow-origin")).toBe("https://market.example");
  });

  test("answers a page's preflight for polling with the headers that it asks for, if it may connect", async () => {
    await using room = await openRoom({ origin: ["https://market.example"] });
    async function ask(origin: string) {
      const asked = { "access-control-request-method": "POST", "access-control-request-headers": "x-tenant" };
      const { status, headers } = await fetch(`${room.url}/socket.io/?EIO=4&transport=polling`, {
        method: "OPTIONS",
        headers: { origin, ...asked },
      });
      return {
        status,
        methods: headers.get("access-control-allow-methods"),
        allowed: headers.get("access-control-allow-headers"),
      };
    }
    expect(await ask("https://market.example")).toEqual({ status: 204, methods: "GET, POST", allowed: "x-tenant" });
    expect(await ask("https://evil.example")).toEqual({ status: 204, methods: null, allowed: null });
  });

  test('refuses "*" in production, with a sentence how to set it', () => {
    expect(parseOrigins("*", "development")).toBe("*");
    expect(() => parseOrigins("*", "production")).toThrow(RealtimeOptionError);
    expect(() => parseOrigins(["*"], "production")).toThrow(/such as "https:/);
    expect(parseOrigins("https://market.example", "production")).toEqual(["https://market.example"]);
  });

  test.each(["market.example", "https://market.example/", "https://market.example/page", "", "https://*.example"])(
    "refuses %j, which is no origin or no page's",
    (origin) => {
      expect(() => parseOrigins(origin)).toThrow(RealtimeOptionError);
    },
  );
});

describe("limits of connections", () => {
  test("hold for all together, and a place is free again when somebody leaves", async () => {
    await using room = await openRoom({ limits: { connectionsMax: 2 } });
    await room.connect();
    const second = await room.connect();
    await expect(room.connect()).rejects.toThrow("websocket error");
    second.disconnect();
    await expect.poll(() => room.realtime.clientsCount()).toBe(1);
    await room.connect();
    expect(room.realtime.counters.handshakesRefused).toEqual({ connectionsMax: 1 });
  });

  test("are answered 503 and 429 with Retry-After, over polling and WebSocket", async () => {
    await using full = await openRoom({ limits: { connectionsMax: 1 } });
    await full.connect();
    await using fullForPeer = await openRoom({ limits: { connectionsPerPeerMax: 1, handshakeMsMax: 2_500 } });
    await fullForPeer.connect();
    const sentence = (who: string, flag: string, option: string) =>
      `{"code":4,"message":"${who} has as many connections as it may (${flag}, limits.${option} in the library)."}`;
    for (const isUpgrade of [false, true]) {
      const { status, retryAfter, body } = await tryHandshake(full.port, isUpgrade);
      expect([status, retryAfter, body]).toEqual([
        503,
        "10",
        sentence("The server", "--max-connections", "connectionsMax"),
      ]);
      const ofPeer = await tryHandshake(fullForPeer.port, isUpgrade);
      expect([ofPeer.status, ofPeer.retryAfter, ofPeer.body]).toEqual([
        429,
        "3",
        sentence("Your address", "--max-per-address", "connectionsPerPeerMax"),
      ]);
    }
    full.realtime.refuseHandshakes();
    expect(await tryHandshake(full.port, true)).toMatchObject({ status: 503, retryAfter: "10" });
  });

  test("for each peer do not bind loopback unless they are set", async () => {
    await using room = await openRoom();
    for (let count = 0; count < 210; count++) expect(await handshake(room.port, {})).toBe(200);
  });
});

describe("sessions that have not joined", () => {
  const isUpgradeOf = { polling: false, WebSocket: true };
  const transports = ["polling", "WebSocket"] as const;

  test.each(transports)("have a limit for each peer over %s, also where each one ends at once", async (transport) => {
    await using room = await openRoom({ limits: { connectionsPerPeerMax: 40 } });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 25; count++)
      statuses.push((await tryHandshake(room.port, isUpgradeOf[transport])).status);
    const accepted = transport === "polling" ? 200 : 101;
    expect(statuses).toEqual([...Array<number>(20).fill(accepted), ...Array<number>(5).fill(429)]);
    expect(room.realtime.counters.handshakesRefused).toEqual({ unjoinedPerPeerMax: 5 });
  });

  test.each(transports)("have a limit for all together over %s, and loopback is not exempt", async (transport) => {
    await using room = await openRoom({ limits: { connectionsMax: 300 } });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 32; count++)
      statuses.push((await tryHandshake(room.port, isUpgradeOf[transport])).status);
    expect(statuses.slice(30)).toEqual([503, 503]);
    expect(room.realtime.counters.handshakesRefused).toEqual({ unjoinedMax: 2 });
  });

  test("do not count any more once they have joined, or handshakeMsMax after the handshake", async () => {
    await using room = await openRoom({ limits: { connectionsPerPeerMax: 60, handshakeMsMax: 400 } });
    for (let count = 0; count < 30; count++) await room.connect();
    for (let count = 0; count < 30; count++) await tryHandshake(room.port, true);
    await expect.poll(async () => (await tryHandshake(room.port, true)).status, { timeout: 20_000 }).toBe(101);
    await expect.poll(() => room.realtime.clientsCount()).toBe(30);
  });

  test("are not limited where connections are not", async () => {
    await using room = await openRoom({ limits: { connectionsMax: 0, connectionsPerPeerMax: 0 } });
    for (let count = 0; count < 60; count++) expect(await handshake(room.port, {})).toBe(200);
  });
});

describe("an address", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    [undefined, "unknown"],
  ])("%s belongs to the peer %s", (address, peer) => {
    expect(peerOf(address)).toBe(peer);
  });
});

describe("a session that is not here, as where a balancer spreads a polling client over several processes,", () => {
  test("is refused, counted each time, and explained in the log once", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    await using room = await openRoom({ logger });
    await using other = await openRoom();
    const { port } = other;
    const session = await (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)).text();
    const { sid } = JSON.parse(session.slice(1)) as { readonly sid: string };
    for (let count = 0; count < 3; count++) {
      const answer = await fetch(`${room.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect([answer.status, await answer.json()]).toEqual([400, { code: 1, message: "Session ID unknown" }]);
    }
    expect(room.realtime.counters.handshakesRefused).toEqual({ unknownSession: 3 });
    expect(warnings).toEqual([expect.stringContaining("sticky sessions")]);
    expect(warnings[0]).not.toContain(sid);
  });
});

test("application code sees the address that limits count", async () => {
  const clientAddress = ({ headers }: { readonly headers: IncomingHttpHeaders }) => ({
    address: String(headers["x-test"]),
    isLocal: false,
  });
  await using room = await openRoom({ clientAddress });
  const seen: string[] = [];
  room.realtime.io.on("connection", (socket) => void seen.push(socket.handshake.address));
  await room.connect({ extraHeaders: { "x-test": "203.0.113.9" } });
  await room.connect({ transports: ["polling"], extraHeaders: { "x-test": "2001:db8::9" } });
  expect(seen).toEqual(["203.0.113.9", "2001:db8::9"]);
});
