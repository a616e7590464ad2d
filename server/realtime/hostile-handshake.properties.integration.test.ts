/** Peers that misbehave before they are subscribers are refused, counted, and harm nobody. */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { attack } from "./realtime.fixture.js";
import { RawClient } from "./raw-client.fixture.js";
import { openRoom, until } from "./realtime.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

/** Short for an attacker who does nothing, long enough for the others on a busy machine. */
const handshakeMsMax = 1500;

describe("a peer that misbehaves before it is a subscriber is refused and counted, and harms nobody:", () => {
  test("a polling request that is too large", async () => {
    const realtime = await attack({}, async ({ url }) => {
      const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=none`, {
        method: "POST",
        body: "x".repeat(20_000),
      });
      expect(response.status).toBe(413);
    });
    expect(realtime.counters.inboundRefused).toEqual({ oversized: 1 });
  });

  test("a handshake that stops half-way", async () => {
    const realtime = await attack({ limits: { handshakeMsMax } }, async ({ port }) => {
      const client = await RawClient.open(port);
      await until(() => client.isClosed, "it is closed");
    });
    expect(realtime.counters.handshakesRefused).toEqual({ unfinished: 1 });
  });

  test("a polling session that never joins, which is not given Engine.IO's 30 s to be told so", async () => {
    const realtime = await attack({ limits: { handshakeMsMax } }, async ({ url, realtime: { clientsCount } }) => {
      const beganMs = performance.now();
      await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
      await until(() => clientsCount() === 1, "it is closed");
      expect(performance.now() - beganMs).toBeLessThan(20_000);
    });
    expect(realtime.counters.handshakesRefused).toEqual({ unfinished: 1 });
  });

  test.each([
    [
      "headers that never end",
      "slowRequest",
      "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ],
    ["a connection that says nothing", "silent", ""],
  ])("%s", async (_case, reason, said) => {
    const realtime = await attack(
      {},
      async ({ port }) => {
        const socket = connect(port, "127.0.0.1");
        socket.write(said);
        expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
      },
      { headersMsMax: handshakeMsMax, checkIntervalMs: 30 },
    );
    expect(realtime.counters.inboundRefused).toEqual({ [reason]: 1 });
  });

  test.each([
    ["what is no HTTP", "400", "\u0016\u0003\u0001\r\n\r\n"],
    ["headers that are too long", "431", `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`],
  ])("%s", async (_case, status, said) => {
    const realtime = await attack({}, async ({ port }) => {
      const socket = connect(port, "127.0.0.1");
      socket.write(said);
      expect(await text(socket)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    });
    expect(realtime.counters.inboundRefused).toEqual({ malformed: 1 });
  });

  test("a client of the protocol before (EIO=3)", async () => {
    const realtime = await attack({}, async ({ url }) => {
      const response = await fetch(`${url}/socket.io/?EIO=3&transport=polling`);
      expect(await response.json()).toEqual({ code: 5, message: "Unsupported protocol version" });
    });
    expect(realtime.counters.handshakesRefused).toEqual({ protocolVersion: 1 });
  });

  test("a client of the protocol before over WebSocket, which is told so, too", async () => {
    const realtime = await attack({}, async ({ port }) => {
      const socket = connect(port, "127.0.0.1");
      const key = Buffer.alloc(16).toString("base64");
      socket.write(
        `GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n` +
          `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
      expect(await text(socket)).toContain("Unsupported protocol version");
    });
    expect(realtime.counters.handshakesRefused).toEqual({ protocolVersion: 1 });
  });
});

describe("handshakes without end from one address", () => {
  const handshakes = amount(500, 10_000);
  const placesMax = 20;

  test(`leave ${placesMax} connections, however they come`, async () => {
    await using room = await openRoom({ limits: { connectionsPerPeerMax: placesMax } });
    const { realtime, port } = room;
    const request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const socket = connect(port, "127.0.0.1");
    // All in one go: none of them has become a connection when the next is looked at.
    socket.write(request.repeat(handshakes));
    let answers = "";
    socket.on("data", (bytes) => void (answers += bytes.toString("latin1")));
    await until(() => answers.split("HTTP/1.1 ").length - 1 === handshakes, "all are answered", 60_000);
    expect(realtime.clientsCount()).toBe(placesMax);
    expect(answers.split("HTTP/1.1 200").length - 1).toBe(placesMax);
    expect(realtime.counters.handshakesRefused).toEqual({ connectionsPerPeerMax: handshakes - placesMax });
    socket.destroy();
  });

  test("leave no trace once they are gone: the places are free again", async () => {
    await using room = await openRoom({ limits: { connectionsPerPeerMax: 1 } });
    for (let attempt = 0; attempt < 20; attempt++) {
      const client = await RawClient.join(room.port);
      client.socket.destroy();
      await until(() => room.realtime.clientsCount() === 0, "it is gone");
    }
    expect(room.realtime.counters.handshakesRefused).toEqual({});
  });
});
