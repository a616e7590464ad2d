/** A thin subscriber without a socket: bytes are given to it as if they had been read. */
import { createHash } from "node:crypto";
import { createRegenerated } from "../oracle/stream-matcher.fixture.js";
import { StreamMatcher } from "../oracle/stream-matcher.js";
import type { ExpectedStream } from "../oracle/expected-stream.js";
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

/** The same, with permessage-deflate agreed. */
const deflateAnswer = Buffer.from(
  upgradeAnswer
    .toString("latin1")
    .replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n"),
);

export const openPacket = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
export const connectPacket = '40{"sid":"b"}';
/** Everything before the first event. */
export const handshake = [upgradeAnswer, textFrame(openPacket), textFrame(connectPacket)];

/** The same, with permessage-deflate agreed. */
export const deflateHandshake = [deflateAnswer, ...handshake.slice(1)];

export interface Subscription {
  readonly subscriber: ThinSubscriber;
  readonly matcher: StreamMatcher;
  /** Keywords of the violations, in order. */
  readonly violations: string[];
  /** `connected`, `refused: …`, `dropped: …` */
  readonly happened: string[];
}

export function subscribe(batches: readonly PlannedBatch[] = []): Subscription {
  return subscribeTo(createRegenerated(...batches));
}

/**
 * @param offersDeflate as `deflateHandshake` answers it
 * @param connectedMs from when on events are owed
 */
export function subscribeTo(stream: ExpectedStream, offersDeflate = false, connectedMs = 0): Subscription {
  const matcher = new StreamMatcher(0, stream, false);
  const violations: string[] = [];
  const happened: string[] = [];
  const events: SubscriberEvents = {
    connected: (_, atMs) => {
      happened.push("connected");
      matcher.connected(Math.min(atMs, connectedMs));
    },
    refused: (_, reason) => happened.push(`refused: ${reason}`),
    dropped: (_, reason) => happened.push(`dropped: ${reason}`),
    delivered: () => {},
    judged: () => {},
    violated: ({ fault }) => violations.push(fault.keyword),
  };
  const target = { origin: "http://localhost", path: "/socket.io/", headers: {}, auth: undefined };
  const subscriber = new ThinSubscriber(createUpgradeRequest(target, offersDeflate), matcher, events);
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
