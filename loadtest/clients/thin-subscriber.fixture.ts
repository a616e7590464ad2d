/** A thin subscriber without a socket: bytes are given to it as if they had been read. */
import { createHash } from "node:crypto";
import { createRegenerated } from "../oracle/stream-matcher.fixture.js";
import { StreamMatcher } from "../oracle/stream-matcher.js";
import type { PlannedBatch } from "../oracle/expected-batch.js";
import { textFrame } from "./frames.fixture.js";
import { createUpgradeRequest } from "./handshake.js";
import type { SubscriberEvents } from "./subscriber.js";
import { ThinSubscriber } from "./thin-subscriber.js";

/** The key of a subscriber that was not opened is empty. */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

export const upgradeAnswer = Buffer.from(
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptFor("")}`,
    "\r\n",
  ].join("\r\n"),
);

export const openPacket = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
export const connectPacket = '40{"sid":"b"}';
/** Everything before the first event. */
export const handshake = [upgradeAnswer, textFrame(openPacket), textFrame(connectPacket)];

export interface Subscription {
  readonly subscriber: ThinSubscriber;
  readonly matcher: StreamMatcher;
  /** Keywords of the violations, in order. */
  readonly violations: string[];
  /** `connected`, `refused: …`, `dropped: …` */
  readonly happened: string[];
}

export function subscribe(batches: readonly PlannedBatch[] = []): Subscription {
  const stream = createRegenerated(...batches);
  const matcher = new StreamMatcher(0, stream, false);
  const violations: string[] = [];
  const happened: string[] = [];
  const events: SubscriberEvents = {
    connected: (_, atMs) => {
      happened.push("connected");
      matcher.connected(Math.min(atMs, 0));
    },
    refused: (_, reason) => happened.push(`refused: ${reason}`),
    dropped: (_, reason) => happened.push(`dropped: ${reason}`),
    delivered: () => {},
    judged: () => {},
    violated: ({ fault }) => violations.push(fault.keyword),
  };
  const target = { origin: "http://localhost", path: "/socket.io/", headers: {}, auth: undefined };
  const subscriber = new ThinSubscriber(createUpgradeRequest(target), matcher, events);
  return { subscriber, matcher, violations, happened };
}

/** As the socket does: every chunk comes at the beginning of the same buffer. */
export function give({ subscriber }: Subscription, chunks: readonly Buffer[]): void {
  const shared = Buffer.alloc(Math.max(...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    chunk.copy(shared);
    subscriber.receive(shared, chunk.length);
  }
}
