/**
 * The subscribers of the REST benchmark, in their own process: bare TCP connections that speak enough
 * Socket.IO to be subscribed.
 *
 * A tick has one index update; its arrival, counted from the tick's intended instant on the clock that
 * all processes of a host share, is the latency. Frames that two reads share are passed over.
 */
import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";
import { FrameCounter } from "./frame-counter.js";
import type { ListenerCommand, ListenerReport } from "./rest-messages.js";

interface Simulation {
  readonly start: string;
  readonly tickMs: number;
  readonly anchors: readonly { readonly fromTick: number; readonly monotonicNs: string; readonly intervalNs: number }[];
}

const shared = Buffer.allocUnsafe(1 << 18);
const endOfHead = Buffer.from("\r\n\r\n");
const indexMark = Buffer.from('"indexValue"');
const timestampMark = Buffer.from('"timestamp":"');
const timestampLength = "2026-01-05T14:30:00.000Z".length;
const openingMax = 64;

let url = "";
let latenciesMs: number[] = [];
let readAtMs = 0;
/** Intended instant of each tick, by the timestamp that its events carry. */
const intendedMs = new Map<string, number>();
/** Where and when the ticks are meant to leave; undefined while nobody listens. */
let simulation: Simulation | undefined;

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function intendedOf(timestamp: string, { start, tickMs, anchors }: Simulation): number {
  let atMs = intendedMs.get(timestamp);
  if (atMs === undefined) {
    const { fromTick, monotonicNs, intervalNs } = anchors[anchors.length - 1];
    const tick = (Date.parse(timestamp) - Date.parse(start)) / tickMs;
    atMs = (Number(monotonicNs) + (tick - fromTick) * intervalNs) / 1e6;
    intendedMs.set(timestamp, atMs);
  }
  return atMs;
}

function take(payload: Buffer, isLast: boolean): void {
  if (simulation === undefined || !isLast || !payload.includes(indexMark)) return;
  const at = payload.indexOf(timestampMark);
  if (at === -1) return;
  const from = at + timestampMark.length;
  latenciesMs.push(readAtMs - intendedOf(payload.toString("latin1", from, from + timestampLength), simulation));
}

const joinNamespace = "40";
const ping = 0x32;
const pong = "3";

/** A short masked text frame, as clients must send it. */
function send(socket: Socket, text: string): void {
  const mask = randomBytes(4);
  const payload = Buffer.from(text).map((byte, index) => byte ^ mask[index]);
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]));
}

async function subscribe(port: number): Promise<void> {
  let head: Buffer | null = Buffer.alloc(0);
  let isJoining = false;
  let opened = (): void => {};
  const counter = new FrameCounter((payload, isLast) => {
    if (payload.length === 1 && payload[0] === ping) send(socket, pong);
    else take(payload, isLast);
  });
  function read(bytes: Buffer): void {
    if (head !== null) {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf(endOfHead);
      if (end === -1) return;
      bytes = head.subarray(end + endOfHead.length);
      head = null;
    }
    counter.read(bytes);
    if (counter.frames >= 1 && !isJoining) {
      isJoining = true;
      send(socket, joinNamespace);
    }
    if (counter.frames >= 2) opened();
  }
  const socket = connect({
    port,
    host: "127.0.0.1",
    onread: {
      buffer: shared,
      callback(length, buffer) {
        readAtMs = nowMs();
        read((buffer as Buffer).subarray(0, length));
        return true;
      },
    },
  });
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
      `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  socket.once("close", () => {
    throw new Error("the server closed a subscriber's connection");
  });
  await new Promise<void>((resolve) => {
    opened = resolve;
  });
}

async function open(to: string, subscribers: number): Promise<void> {
  url = to;
  const port = Number(new URL(to).port);
  for (let from = 0; from < subscribers; from += openingMax) {
    const count = Math.min(openingMax, subscribers - from);
    await Promise.all(Array.from({ length: count }, () => subscribe(port)));
  }
  process.send?.({ opened: true } satisfies ListenerReport);
}

async function listen(durationMs: number): Promise<void> {
  const response = await fetch(`${url}/api/simulation`);
  intendedMs.clear();
  latenciesMs = [];
  simulation = (await response.json()) as Simulation;
  await new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
  simulation = undefined;
  const sorted = Float64Array.from(latenciesMs).sort();
  const percentile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const heard = { p50Ms: percentile(0.5), p99Ms: percentile(0.99), samples: sorted.length };
  process.send?.({ heard } satisfies ListenerReport);
}

process.on("message", (command: ListenerCommand) => {
  if ("open" in command) void open(command.open.url, command.open.subscribers);
  else void listen(command.listen.durationMs);
});
