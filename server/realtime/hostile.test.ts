/** Peers that misbehave are closed or ignored, counted, and harm nobody. */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { type HttpLimits, limitHttpServer } from "../http/http-limits.js";
import type { RealtimeOptions } from "./options.js";
import { RawClient, maskedFrame, pingOpcode, textOpcode } from "./raw-client.fixture.js";
import { type TestRoom, openRoom, record, until } from "./realtime.fixture.js";

/** The client leaves the namespace: from then on it gets nothing. */
const leaving = "41";
/** Short for an attacker who does nothing, long enough for the others on a busy machine. */
const handshakeMsMax = 1500;
const isLong = process.env["MAX_LONG"] !== undefined;

/** Runs an attack beside a well-behaved subscriber, who must not miss an event, and expects the room to be as before. */
async function attack(
  options: Partial<RealtimeOptions>,
  misbehave: (room: TestRoom) => Promise<void>,
  httpLimits: Partial<HttpLimits> = {},
): Promise<TestRoom["realtime"]> {
  await using room = await openRoom(options, (server) => limitHttpServer(server, httpLimits));
  const { realtime } = room;
  const received = record(await room.connect());
  let sent = 0;
  const timer = setInterval(() => realtime.broadcastMarketUpdate({ indexValue: (sent += 1) }), 2);
  try {
    await misbehave(room);
  } finally {
    clearInterval(timer);
  }
  realtime.broadcastMarketUpdate({ indexValue: (sent += 1) });
  await until(() => received.length === sent, "the well-behaved subscriber has everything");
  expect(received.map(([, payload]) => (payload as { indexValue: number }).indexValue)).toEqual(
    Array.from({ length: sent }, (_, index) => index + 1),
  );
  await until(() => realtime.clientsCount() === 1, "the attacker is gone");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  return realtime;
}

describe.each([{ recovery: false }, { recovery: true }])(
  "a peer that misbehaves is closed or ignored, counted, and harms nobody (recovery $recovery):",
  (mode) => {
    test("WebSocket pings without end", async () => {
      const realtime = await attack(mode, async (room) => {
        const client = await RawClient.join(room.port);
        client.socket.pause();
        client.socket.write(
          Buffer.concat(Array.from({ length: 10_000 }, () => maskedFrame(pingOpcode, "x".repeat(125)))),
        );
        await until(() => room.realtime.counters.inboundRefused["pingFlood"] === 1, "the flood is noticed");
        client.socket.destroy();
      });
      expect(realtime.counters.inboundRefused["pingFlood"]).toBe(1);
    });

    test("a message that is too large", async () => {
      const realtime = await attack(mode, async ({ port }) => {
        const client = await RawClient.join(port);
        client.sendText(`42["x","${"y".repeat(20_000)}"]`);
        await until(() => client.isClosed, "it is closed");
      });
      expect(realtime.counters.connectionsClosed).toMatchObject({ "transport error": 1 });
    });

    test.each([
      "zzz",
      "9",
      "42[",
      '42{"a":1}',
      "42",
      "4",
      "45-",
      '451-["x",{"_placeholder":true,"num":5}]',
      leaving,
      "40/nowhere,",
      "0{}",
      "5",
      "6",
      "1",
      "\u0000",
    ])("the text %j", async (text) => {
      await attack(mode, async ({ port }) => {
        const client = await RawClient.join(port);
        client.sendText(text);
        // What did not close it did nothing: it still gets broadcasts, or has left by its own message.
        client.texts.length = 0;
        const isOver = () => client.isClosed || client.events().length > 2 || text === leaving;
        await until(isOver, "it is closed or ignored");
        client.socket.destroy();
      });
    });

    test("bytes that are no frames", async () => {
      await attack(mode, async ({ port }) => {
        for (let seed = 1; seed <= 20; seed++) {
          const client = await RawClient.join(port);
          client.socket.write(
            Buffer.from(Array.from({ length: 200 }, (_, index) => (seed * 2_654_435_761 * (index + 1)) >>> 24)),
          );
          client.socket.end();
          await until(() => client.isClosed, "it is closed");
        }
      });
    });

    test.each([
      '42["__proto__",{"__proto__":{"polluted":true}}]',
      '42["constructor",{"constructor":{"prototype":{"polluted":true}}}]',
      '42["toString"]',
      '42["buy",{"sectorId":"tech-001"}]',
    ])("the event %s", async (text) => {
      const realtime = await attack(mode, async (room) => {
        const client = await RawClient.join(room.port);
        client.sendText(text);
        await until(() => room.realtime.counters.inboundRefused["unknownEvent"] === 1, "it is counted");
        client.socket.destroy();
      });
      expect(realtime.counters.inboundRefused).toEqual({ unknownEvent: 1 });
    });

    test("a handshake with a hostile payload", async () => {
      await attack(mode, async ({ port }) => {
        const client = await RawClient.open(port);
        client.sendText('40{"__proto__":{"polluted":true},"pid":{"toString":1},"offset":[]}');
        await client.takeText("40");
        client.socket.destroy();
      });
    });

    test("joining many times in one go, which gets every event once", async () => {
      const realtime = await attack(mode, async (room) => {
        const client = await RawClient.open(room.port);
        client.socket.write(Buffer.concat(Array.from({ length: 50 }, () => maskedFrame(textOpcode, "40"))));
        await until(() => client.events().length > 5, "events are there");
        const values = client.events().map(([, payload]) => (payload as { indexValue: number }).indexValue);
        expect(new Set(values).size).toBe(values.length);
        // Leaving and joining again is fine, but not in one go: Socket.IO itself closes who joins before it has left.
        client.sendText("41");
        await until(() => room.realtime.io.of("/").sockets.size === 1, "it has left");
        client.texts.length = 0;
        client.sendText("40");
        await client.takeText("40{");
        client.socket.destroy();
      });
      expect(realtime.counters.inboundRefused).toEqual({ joinedAlready: 49 });
    });

    test("events without end", async () => {
      const realtime = await attack(mode, async ({ port }) => {
        const client = await RawClient.join(port);
        for (let index = 0; index < 500; index++) client.socket.write(maskedFrame(textOpcode, '42["x"]'));
        await until(() => client.isClosed, "it is closed");
      });
      expect(realtime.counters.inboundRefused["rate"]).toBe(1);
      expect(realtime.counters.inboundRefused["unknownEvent"]).toBeLessThan(110);
    });
  },
);

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

describe("with recovery on", () => {
  /** Joins, hears an event and loses its connection; the message with which it may come back. */
  async function breakOff({ port, realtime }: TestRoom): Promise<string> {
    const client = await RawClient.open(port);
    client.sendText("40");
    const { pid } = JSON.parse((await client.takeText("40")).slice(2)) as { pid: string };
    const offset = (JSON.parse((await client.takeText("42")).slice(2)) as unknown[]).at(-1);
    client.socket.destroy();
    await until(() => realtime.clientsCount() === 1, "its connection is gone");
    return `40${JSON.stringify({ pid, offset })}`;
  }

  const valuesOf = (client: RawClient) =>
    client.events().map(([, payload]) => (payload as { indexValue: number }).indexValue);

  test.each(["before", "after"])(
    "who comes back and joins anew, %s that, in one go gets every event once",
    async (when) => {
      const realtime = await attack({ recovery: true }, async (room) => {
        const comeBack = await breakOff(room);
        const client = await RawClient.open(room.port);
        const messages = when === "before" ? ["40", comeBack] : [comeBack, "40"];
        client.socket.write(Buffer.concat(messages.map((message) => maskedFrame(textOpcode, message))));
        await until(() => valuesOf(client).length > 20, "events are there");
        expect(room.realtime.io.of("/").sockets.size).toBe(2);
        expect(new Set(valuesOf(client)).size).toBe(valuesOf(client).length);
        client.socket.destroy();
      });
      expect(realtime.counters.inboundRefused).toEqual({ joinedAlready: 1 });
    },
  );

  test("a session comes back once: who tries it a second time is somebody new", async () => {
    await attack({ recovery: true }, async (room) => {
      const comeBack = await breakOff(room);
      const answers: { sid: string; pid: string }[] = [];
      const clients: RawClient[] = [];
      for (let attempt = 0; attempt < 2; attempt++) {
        const client = await RawClient.open(room.port);
        clients.push(client);
        client.sendText(comeBack);
        answers.push(JSON.parse((await client.takeText("40")).slice(2)) as { sid: string; pid: string });
      }
      const { pid } = JSON.parse(comeBack.slice(2)) as { pid: string };
      expect(answers.map((answer) => answer.pid === pid)).toEqual([true, false]);
      expect(answers[0].sid).not.toBe(answers[1].sid);
      for (const client of clients) client.socket.destroy();
    });
  });
});

describe("handshakes without end from one address", () => {
  const handshakes = isLong ? 10_000 : 500;
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
