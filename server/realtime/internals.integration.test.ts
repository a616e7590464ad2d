import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../core/logger.js";
import { ResponsiveClock } from "../core/responsive-clock.js";
import { CounterSet } from "./counters.js";
import { type EngineConnection, createMissingReport, encoderOf, missingMember, readInVersions } from "./internals.js";
import { slowSubscriberDefaults } from "./slow-policy.js";
import { Subscriber, type SubscriberContext } from "./subscriber.js";
import { encodeBatch } from "./wire-batch.js";
import { openRoom } from "./realtime.fixture.js";

/** The version of a package as another one finds it; not every package lets its package.json be imported. */
function installedVersion(name: string, from: string): string {
  const entry = createRequire(from).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
  return (JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { version: string }).version;
}

const fromHere = import.meta.url;
const fromSocketIo = createRequire(fromHere).resolve("socket.io");
const fromEngineIo = createRequire(fromSocketIo).resolve("engine.io");
const from: Partial<Record<string, string>> = { "engine.io": fromSocketIo, "engine.io-parser": fromEngineIo };

test.each(Object.entries(readInVersions))(
  "the private members of %s were read in the installed version %s",
  (name, version) => {
    const installed = installedVersion(name, from[name] ?? fromHere);
    expect(installed, `read ${name} ${installed} again: are the members in internals.ts as they were?`).toBe(version);
  },
);

test("a stock connection has every member that is leant on", async () => {
  await using room = await openRoom();
  const found: (string | null)[] = [];
  room.realtime.io.engine.on("connection", (conn: EngineConnection) => void found.push(missingMember(conn)));
  await room.connect();
  expect(found).toEqual([null]);
  expect(encoderOf(room.realtime.io.of("/") as never)).not.toBeNull();
});

describe("a connection that lacks a member", () => {
  function connection(parts: { socket?: unknown; writable?: unknown }): { conn: EngineConnection; written: string[] } {
    const written: string[] = [];
    const conn = {
      protocol: 4,
      request: null,
      remoteAddress: "127.0.0.1",
      transport: { name: "websocket", writable: true, ...parts },
      writeBuffer: [],
      write: (data: string) => void written.push(data),
      close: () => {},
      on: () => {},
    };
    return { conn: conn as unknown as EngineConnection, written };
  }

  test.each([
    ["engine.io WebSocket.socket", { socket: undefined }],
    ["ws WebSocket.readyState", { socket: {} }],
    ["ws WebSocket._socket", { socket: { readyState: 1 } }],
    ["engine.io Transport.writable", { writable: undefined, socket: {} }],
  ])("is served by the stock path, and reported once: %s", (member, parts) => {
    const warnings: object[] = [];
    const logger = { ...silentLogger, warn: (facts: object) => void warnings.push(facts) };
    const context: SubscriberContext = {
      policy: slowSubscriberDefaults,
      counters: new CounterSet(),
      clock: new ResponsiveClock(),
      reportMissing: createMissingReport(logger),
      deflate: undefined,
      mayConflate: true,
    };
    const packet = { event: "x", text: '2["x"]', conflationKey: null };
    for (let repeat = 0; repeat < 2; repeat++) {
      const { conn, written } = connection(parts);
      expect(new Subscriber(conn, context).deliver(encodeBatch([packet, packet]))).toBe("complete");
      expect(written).toEqual([packet.text, packet.text]);
    }
    expect(warnings).toEqual([{ member }]);
  });

  test("does not begin to be asked for its encoder when the server has none", () => {
    expect(encoderOf({ server: {} })).toBeNull();
    expect(encoderOf({ server: { encoder: { encode: 1 } } })).toBeNull();
  });
});
