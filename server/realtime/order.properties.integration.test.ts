/** Stock clients on every transport get the same bytes in the same order, whatever is mixed into the stream. */
import { createHash } from "node:crypto";
import type { Socket as ClientSocket } from "socket.io-client";
import { describe, expect, test } from "vitest";
import type { RealtimeOptions } from "./index.js";
import { seededWholes } from "../../schemas/random.fixture.js";
import { neverLate, neverSlow, openRoom, type TestRoom, record, until } from "./realtime.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

const eventCount = amount(500, 10_000);
const clientCount = amount(12, 50);
const seed = 20_250_115;

interface Peer {
  readonly client: ClientSocket;
  readonly received: unknown[][];
  /** What it must receive, in order. */
  readonly expected: string[];
  readonly rooms: ReadonlySet<string>;
}

const transports = [["websocket"], ["polling"], ["polling", "websocket"]];

async function join(room: TestRoom, index: number): Promise<Peer> {
  const client = await room.connect({ transports: transports[index % transports.length] ?? [] });
  const socket = room.realtime.io.sockets.sockets.get(client.id ?? "");
  const rooms = new Set(index % 2 === 0 ? ["even"] : ["odd"]);
  await socket?.join([...rooms]);
  client.on("ask", (...args: unknown[]) => {
    const answer = args.findLast((argument) => typeof argument === "function") as (text: string) => void;
    answer("yes");
  });
  return { client, received: record(client), expected: [], rooms };
}

/** What a client received, each event as one line; acknowledgements, offsets and buffers made comparable. */
function lines(received: readonly unknown[][], hasOffsets: boolean): string[] {
  return received.map((args) => {
    const plain = args.filter((argument) => typeof argument !== "function");
    if (hasOffsets && typeof plain.at(-1) === "string") plain.pop();
    return JSON.stringify(plain.map((argument) => (argument instanceof Uint8Array ? Array.from(argument) : argument)));
  });
}

/** Runs one mixed stream; every kind of emit, some in batches, some alone, with pauses in which upgrades happen. */
async function runStream(options: Partial<RealtimeOptions>): Promise<readonly string[]> {
  await using room = await openRoom({ slow: neverSlow, limits: neverLate, ...options });
  const peers = await Promise.all(Array.from({ length: clientCount }, (_, index) => join(room, index)));
  const random = seededWholes(seed);
  const { io } = room.realtime;
  const raw = io.sockets as unknown as {
    emit(...args: unknown[]): boolean;
    to(room: string): { emit(...args: unknown[]): boolean };
  };
  const progress = { emitted: 0 };

  const expectFrom = (concerned: readonly Peer[], ...args: unknown[]) => {
    const line = JSON.stringify(args);
    for (const { expected } of concerned) expected.push(line);
  };
  const emitOne = () => {
    const n = (progress.emitted += 1);
    const timestamp = new Date(Date.UTC(2025, 0, 15) + n).toISOString();
    switch (random(14)) {
      case 0: {
        const peer = peers[random(peers.length)];
        const socket = io.sockets.sockets.get(peer?.client.id ?? "");
        (socket as unknown as typeof raw).emit("direct", { n });
        return peer && expectFrom([peer], "direct", { n });
      }
      case 1: {
        const name = random(2) === 0 ? "even" : "odd";
        raw.to(name).emit("roomwide", { n, name });
        return expectFrom(
          peers.filter(({ rooms }) => rooms.has(name)),
          "roomwide",
          { n, name },
        );
      }
      case 2:
        raw.emit("bytes", Buffer.from([n & 255, 7]));
        return expectFrom(peers, "bytes", [n & 255, 7]);
      case 3:
        (io.sockets.timeout(60_000) as unknown as typeof raw).emit("ask", { n }, () => {});
        return expectFrom(peers, "ask", { n });
      case 4: {
        const long = { n, text: "ä€😀".repeat(random(9_000)) };
        raw.emit("long", long);
        return expectFrom(peers, "long", long);
      }
      default:
        room.realtime.broadcastMarketUpdate({ sectorId: `sector-${n % 11}`, value: n / 4, timestamp });
        return expectFrom(peers, "market:update", { sectorId: `sector-${n % 11}`, value: n / 4, timestamp });
    }
  };

  while (progress.emitted < eventCount) {
    const size = 1 + random(24);
    if (random(4) === 0) emitOne();
    else room.realtime.batch(() => Array.from({ length: size }, emitOne));
    if (random(3) === 0) await new Promise((resolve) => void setTimeout(resolve, random(4)));
    if (random(20) === 0) {
      await until(() => peers.every((peer) => peer.received.length >= peer.expected.length - 200), "everybody is near");
    }
  }
  await until(() => peers.every((peer) => peer.received.length >= peer.expected.length), "everything is there");

  const hasOffsets = options.recovery === true;
  for (const peer of peers) expect(lines(peer.received, hasOffsets)).toEqual(peer.expected);
  expect(peers.filter(({ client }) => client.io.engine.transport.name === "websocket").length).toBeGreaterThan(
    clientCount / 2,
  );
  return peers.map((peer) => createHash("sha256").update(lines(peer.received, hasOffsets).join("\n")).digest("hex"));
}

describe(`a mixed stream of ${eventCount} events to ${clientCount} stock clients (seed ${seed})`, () => {
  const reference: { hashes?: readonly string[] } = {};
  test.each([
    { fanout: "stock", recovery: false },
    { fanout: "batched", recovery: false },
    { fanout: "stock", recovery: true },
    { fanout: "batched", recovery: true },
  ] as const)(
    "has no gap, no duplicate and no reorder, and the same bytes in every mode: $fanout, recovery $recovery",
    async (mode) => {
      const hashes = await runStream(mode);
      reference.hashes ??= hashes;
      expect(hashes).toEqual(reference.hashes);
    },
  );
});
