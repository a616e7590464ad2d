import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { isLoopback, peerOf } from "../http/addresses.js";
import { createHostCheck } from "../http/hosts.js";
import { RealtimeOptionError } from "./index.js";
import { isAllowedOrigin, parseOrigins } from "./origins.js";
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

  test("for each peer do not bind loopback unless they are set", async () => {
    await using room = await openRoom();
    for (let count = 0; count < 210; count++) expect(await handshake(room.port, {})).toBe(200);
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

  test("is loopback or not", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBe(true);
    expect(["128.0.0.1", "::2", "1127.0.0.1", undefined].some(isLoopback)).toBe(false);
  });
});
