/** Subscribers that misbehave are closed or ignored, counted, and harm nobody. */
import { describe, expect, test } from "vitest";
import { attack } from "./realtime.fixture.js";
import { RawClient, maskedFrame, pingOpcode, textOpcode } from "./raw-client.fixture.js";
import { until } from "./realtime.fixture.js";

/** The client leaves the namespace: from then on it gets nothing. */
const leaving = "41";

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

test.each(["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js.map", "socket.io.msgpack.min.js?v=1"])(
  "Socket.IO's client is not served: %s is a request like any other",
  async (file) => {
    await attack({}, async ({ url }) => {
      const response = await fetch(`${url}/socket.io/${file}`);
      expect([response.status, await response.json()]).toMatchObject([400, { code: expect.any(Number) }]);
    });
  },
);
