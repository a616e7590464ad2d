/**
 * Stock clients that inflate get the same events as everybody else, however they come and go, read slowly, and are sent
 * other things in between.
 */
import { type Socket as ClientSocket, io } from "socket.io-client";
import { describe, expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { seededWholes } from "../../schemas/random.fixture.js";
import { type TestRoom, neverLate, neverSlow, openRoom, until } from "./realtime.fixture.js";

const eventCount = amount(600, 10_000);
const clientCount = amount(10, 50);
const seeds = Array.from({ length: amount(2, 20) }, (_, index) => 7692 + index);

/** Offers the extension, does not, or is upgraded to it. */
const kinds = [
  { transports: ["websocket"] },
  { transports: ["websocket"], perMessageDeflate: false as never },
  { transports: ["polling", "websocket"] },
];

interface Peer {
  readonly client: ClientSocket;
  readonly received: string[];
  /** The test has disconnected it: it has received a beginning of what it must. */
  hasLeft: boolean;
}

/** The connection of a stock client as `ws` has it; undefined where it polls. */
function webSocketOf({ client }: Peer): { pause(): void; resume(): void } | undefined {
  return (client.io.engine?.transport as { ws?: { pause(): void; resume(): void } } | undefined)?.ws;
}

/** One event as it is compared: without the callback of an acknowledgement, and the offset of recovery. */
function lineOf(args: readonly unknown[]): string {
  const isPlain = (argument: unknown, index: number) => index < 2 && typeof argument !== "function";
  return JSON.stringify(args.filter(isPlain));
}

function join(url: string, index: number): Peer {
  const client = io(url, { ...kinds[index % kinds.length], forceNew: true, reconnection: false });
  const peer: Peer = { client, received: [], hasLeft: false };
  client.onAny((...args: unknown[]) => {
    peer.received.push(lineOf(args));
    for (const argument of args) if (typeof argument === "function") (argument as (text: string) => void)("yes");
  });
  return peer;
}

/** A stream with everything in it that goes past the shared deflate stream. */
class MixedStream {
  emitted = 0;
  /** What each socket must receive from when it has joined, by its id. */
  readonly expected = new Map<string, string[]>();
  readonly #room: TestRoom;
  readonly #random: (below: number) => number;

  constructor(room: TestRoom, random: (below: number) => number) {
    this.#room = room;
    this.#random = random;
    room.realtime.io.on("connection", ({ id }) => void this.expected.set(id, []));
  }

  emitOne(): void {
    const { realtime } = this.#room;
    const n = (this.emitted += 1);
    const sockets = [...realtime.io.sockets.sockets.values()] as unknown as {
      id: string;
      emit(event: string, ...args: unknown[]): void;
    }[];
    const one = sockets[this.#random(Math.max(1, sockets.length))];
    const kind = this.#random(12);
    if (kind === 0 && one !== undefined) {
      one.emit("direct", { n });
      this.#expect(["direct", { n }], [one.id]);
    } else if (kind === 1 && one !== undefined) {
      one.emit("ask", { n }, () => {});
      this.#expect(["ask", { n }], [one.id]);
    } else {
      const payload = { sectorId: `sector-${n % 11}`, value: (n * 7919) % 1000, timestamp: new Date(n).toISOString() };
      realtime.broadcastMarketUpdate(payload);
      this.#expect(
        ["market:update", payload],
        sockets.map(({ id }) => id),
      );
    }
  }

  #expect(args: unknown[], ids: string[]): void {
    for (const id of ids) this.expected.get(id)?.push(lineOf(args));
  }
}

async function run(seed: number, recovery: boolean): Promise<void> {
  const random = seededWholes(seed);
  const options = { compressionKeyMs: random(3) * 10, recovery, slow: neverSlow, limits: neverLate };
  await using room = await openRoom(options);
  const stream = new MixedStream(room, random);
  const peers = Array.from({ length: clientCount / 2 }, (_, index) => join(room.url, index));
  const ids = new Map<Peer, string>();
  const broken: string[] = [];
  const follow = (peer: Peer) => {
    peer.client.on("connect", () => void ids.set(peer, peer.client.id!));
    peer.client.on("disconnect", (reason) => void (peer.hasLeft || broken.push(reason)));
  };
  peers.forEach(follow);
  let wasShared = false;
  while (stream.emitted < eventCount) {
    room.realtime.batch(() => Array.from({ length: 1 + random(24) }, () => stream.emitOne()));
    const peer = peers[random(peers.length)];
    switch (random(12)) {
      case 0:
        if (peers.length < clientCount) follow(peers[peers.push(join(room.url, peers.length)) - 1]);
        break;
      case 1:
        peer.hasLeft = peers.filter(({ hasLeft }) => !hasLeft).length > 4;
        if (peer.hasLeft) peer.client.disconnect();
        break;
      case 2:
        webSocketOf(peer)?.pause();
        break;
      default:
        webSocketOf(peer)?.resume();
    }
    if (random(2) === 0) await new Promise((resolve) => void setTimeout(resolve, random(4)));
    wasShared ||= room.realtime.counters.compression["shared"] > 0;
  }
  const staying = peers.filter(({ hasLeft }) => !hasLeft);
  for (const peer of staying) webSocketOf(peer)?.resume();
  await until(() => staying.every(({ client }) => client.connected), "all are connected");
  const expectedBy = (peer: Peer) => stream.expected.get(ids.get(peer) ?? "") ?? [];
  const isThere = (peer: Peer) => peer.received.length >= expectedBy(peer).length;
  await until(() => broken.length > 0 || staying.every(isThere), "everything is there");

  expect(broken).toEqual([]);
  for (const peer of staying) expect(peer.received).toEqual(expectedBy(peer));
  for (const peer of peers) expect(peer.received).toEqual(expectedBy(peer).slice(0, peer.received.length));
  expect(wasShared).toBe(true);
  const { bytesRaw, bytesOnWire } = room.realtime.counters;
  expect(bytesOnWire).toBeLessThan(bytesRaw * 0.9);
}

describe(`a stream of ${eventCount} events, with up to ${clientCount} stock clients that come and go`, () => {
  test.each(seeds)("reaches all of them without a gap, a duplicate or an inflate error (seed %i)", async (seed) => {
    await run(seed, seed % 2 === 1);
  });
});
