/**
 * The receiver of the benchmarks: as many subscribers as asked for, each a bare TCP connection whose frames are counted
 * in place.
 *
 * It reads frames and clocks for itself, because it checks the figures of the load test. All connections read into one buffer, and payloads are
 * only looked at where somebody asks for them. It counts ticks (fan-out) or records when events came (REST, agreement).
 */
import { type Hash, createHash, randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";
import { constants, inflateRawSync } from "node:zlib";
import { encodeClientFrame, opcodes } from "../../loadtest/core/frames.js";
import type { Simulation } from "../../schemas/index.js";
import { TickArrivals } from "./tick-loop.js";

const headerBytesMax = 10;
/** Connections that are being opened at a time. */
const openingMax = 128;
const shared = Buffer.allocUnsafe(1 << 20);
const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const endOfHead = Buffer.from("\r\n\r\n");
const ping = 0x32;
const pong = "3";
const joinNamespace = "40";

/** Gets a frame's payload, which is overwritten after the call. */
type OnPayload = (payload: Buffer, isCompressed: boolean) => void;

/** RSV1: a compressed message. */
const compressedBit = 0x40;

function headerLength(secondByte: number): number {
  const length = secondByte & 127;
  if (length < 126) return 2;
  return length === 126 ? 4 : headerBytesMax;
}

function payloadLength(bytes: Buffer, offset: number): number {
  const length = bytes[offset + 1]! & 127;
  if (length < 126) return length;
  return length === 126 ? bytes.readUInt16BE(offset + 2) : bytes.readUInt32BE(offset + 6);
}

/**
 * Counts WebSocket text frames in a stream of bytes.
 *
 * Invariant: between two reads it keeps at most one partial header, and a partial payload only where payloads are
 * asked for.
 */
export class FrameReader {
  /** Complete frames seen. */
  frames = 0;
  readonly #onPayload: OnPayload | undefined;
  /** Payload bytes of the current frame still to come. */
  #missing = 0;
  #isCompressed = false;
  #pieces: Buffer[] = [];
  #header: Buffer | null = null;
  #headerBytes = 0;

  constructor(onPayload?: OnPayload) {
    this.#onPayload = onPayload;
  }

  /** Takes the bytes of one read; they may be overwritten afterwards. */
  read(bytes: Buffer): void {
    let offset = 0;
    if (this.#missing > 0) offset = this.#readPayload(bytes, 0);
    while (offset < bytes.length) {
      const isWhole =
        this.#headerBytes === 0 &&
        bytes.length - offset >= 2 &&
        bytes.length - offset >= headerLength(bytes[offset + 1]!);
      if (isWhole) {
        this.#missing = payloadLength(bytes, offset);
        this.#isCompressed = (bytes[offset]! & compressedBit) !== 0;
        offset = this.#readPayload(bytes, offset + headerLength(bytes[offset + 1]!));
      } else {
        offset = this.#collectHeader(bytes, offset);
      }
    }
  }

  #readPayload(bytes: Buffer, offset: number): number {
    const end = Math.min(bytes.length, offset + this.#missing);
    this.#missing -= end - offset;
    if (this.#onPayload !== undefined) this.#collectPayload(bytes.subarray(offset, end), this.#onPayload);
    if (this.#missing === 0) this.frames += 1;
    return end;
  }

  #collectPayload(piece: Buffer, onPayload: OnPayload): void {
    if (this.#missing > 0) this.#pieces.push(Buffer.from(piece));
    else if (this.#pieces.length === 0) onPayload(piece, this.#isCompressed);
    else {
      onPayload(Buffer.concat([...this.#pieces, piece]), this.#isCompressed);
      this.#pieces = [];
    }
  }

  /** A header that two reads share, byte by byte. */
  #collectHeader(bytes: Buffer, offset: number): number {
    const header = (this.#header ??= Buffer.alloc(headerBytesMax));
    header[this.#headerBytes++] = bytes[offset]!;
    if (this.#headerBytes < 2 || this.#headerBytes < headerLength(header[1]!)) return offset + 1;
    this.#missing = payloadLength(header, 0);
    this.#isCompressed = (header[0]! & compressedBit) !== 0;
    this.#headerBytes = 0;
    return this.#readPayload(bytes, offset + 1);
  }
}

interface ConnectionOptions {
  readonly port: number;
  /** False for a server that speaks WebSocket alone. */
  readonly isSocketIo: boolean;
  /** Whether it offers permessage-deflate. */
  readonly offersDeflate?: boolean | undefined;
  readonly onOpen: () => void;
  /** Called after each read of an open connection, with the bytes that it brought. */
  readonly onRead?: (bytes: number) => void;
  /** Without it pings are not answered, either. */
  readonly onPayload?: OnPayload | undefined;
}

/** A subscriber. Throws, outside of any call, when the server closes the connection. */
class Connection {
  readonly reader: FrameReader;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  /** The HTTP response as far as it has come; null from its end on. */
  #head: Buffer | null = Buffer.alloc(0);
  #isOpen = false;
  #isClosing = false;

  constructor(options: ConnectionOptions) {
    const { port, isSocketIo, offersDeflate, onPayload } = options;
    this.#options = options;
    this.reader = new FrameReader(onPayload && ((...message) => this.#take(onPayload, ...message)));
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      onread: { buffer: shared, callback: (length, buffer) => this.#read((buffer as Buffer).subarray(0, length)) },
    });
    this.#socket.on("close", () => {
      if (!this.#isClosing) throw new Error("the server closed a subscriber's connection");
    });
    const path = isSocketIo ? "/socket.io/?EIO=4&transport=websocket" : "/";
    const key = randomBytes(16).toString("base64");
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${offersDeflate === true ? offer : ""}\r\n`,
    );
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #take(onPayload: OnPayload, payload: Buffer, isCompressed: boolean): void {
    if (payload.length === 1 && payload[0] === ping) this.#socket.write(encodeClientFrame(opcodes.text, pong));
    else onPayload(payload, isCompressed);
  }

  #read(bytes: Buffer): boolean {
    const frames = this.#head === null ? bytes : this.#readHead(bytes);
    if (frames.length === 0) return true;
    this.reader.read(frames);
    if (this.#isOpen) this.#options.onRead?.(frames.length);
    else this.#continueOpening();
    return true;
  }

  #readHead(bytes: Buffer): Buffer {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), bytes]);
    const end = head.indexOf(endOfHead);
    this.#head = end === -1 ? head : null;
    if (end === -1) return Buffer.alloc(0);
    if (!this.#options.isSocketIo) this.#open();
    return head.subarray(end + endOfHead.length);
  }

  /** Engine.IO's open packet is answered by joining the namespace; the answer to that is the last of the handshake. */
  #continueOpening(): void {
    if (this.reader.frames === 1) this.#socket.write(encodeClientFrame(opcodes.text, joinNamespace));
    else this.#open();
  }

  #open(): void {
    this.#isOpen = true;
    this.#options.onOpen();
  }
}

/** An event: the timestamp of its tick, and when it came on the clock that all processes of a host share. */
export type Arrival = readonly [timestamp: string, atMs: number];

/** Which events' arrivals are recorded: a tick has one index update. */
export type RecordedEvents = "all" | "index updates";

const marketUpdate = Buffer.from('42["market:update"');
const indexMark = Buffer.from('"indexValue"');
const timestampMark = Buffer.from('"timestamp":"');

/** The market updates of a tick lead it, and carry its timestamp. */
function recordArrivals(recorded: RecordedEvents, record: (arrival: Arrival) => void): OnPayload {
  let timestamp = "";
  return (payload) => {
    if (payload[0] !== marketUpdate[0] || payload[1] !== marketUpdate[1]) return;
    if (recorded === "index updates" && !payload.includes(indexMark)) return;
    const atMs = Number(process.hrtime.bigint()) / 1e6;
    if (payload.subarray(0, marketUpdate.length).equals(marketUpdate)) {
      const from = payload.indexOf(timestampMark) + timestampMark.length;
      timestamp = payload.toString("latin1", from, payload.indexOf('"', from));
    }
    record([timestamp, atMs]);
  };
}

/** Subscribes in this process, and records every event until it is closed. */
export async function subscribe(port: number, record: (arrival: Arrival) => void): Promise<{ close(): void }> {
  return new Promise((resolve) => {
    const onPayload = recordArrivals("all", record);
    const connection = new Connection({ port, isSocketIo: true, onOpen: () => resolve(connection), onPayload });
  });
}

/** From the intended instants of the ticks, smallest first, in milliseconds. */
export function latenciesMs(
  arrivals: readonly Arrival[],
  { start, tickMs, anchors }: Pick<Simulation, "start" | "tickMs" | "anchors">,
  { first, last }: { readonly first: number; readonly last: number } = { first: 0, last: Infinity },
): number[] {
  const latencies = arrivals.flatMap(([timestamp, atMs]) => {
    const tick = (Date.parse(timestamp) - Date.parse(start)) / tickMs;
    const anchor = anchors.findLast(({ fromTick }) => fromTick < tick);
    if (anchor === undefined || !(tick >= first && tick <= last)) return [];
    return [atMs - (Number(anchor.monotonicNs) + (tick - anchor.fromTick) * anchor.intervalNs) / 1e6];
  });
  return latencies.toSorted((a, b) => a - b);
}

/** The smallest value that so many percent do not exceed, as HdrHistogram has it. */
export function percentileOf(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

interface Subscriber {
  readonly connection: Connection;
  /** Frames before those that count. */
  framesBefore: number;
  ticks: number;
}

const subscribers: Subscriber[] = [];
let arrivals: Arrival[] = [];
let ticks: TickArrivals | undefined;
let eventsPerTick = 1;
let framesToHash = 0;
let bytesReceived = 0;
let hash: Hash = createHash("sha256");

const trailer = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** What the first subscriber's compressed messages may refer to. */
let inflateWindow = Buffer.alloc(0);

function inflate(payload: Buffer): Buffer {
  const dictionary = inflateWindow.length > 0 ? { dictionary: inflateWindow } : {};
  const options = { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary };
  const inflated = inflateRawSync(Buffer.concat([payload, trailer]), options);
  inflateWindow = Buffer.concat([inflateWindow, inflated]).subarray(-32_768);
  return inflated;
}

function hashPayload(payload: Buffer, isCompressed: boolean): void {
  const text = isCompressed ? inflate(payload) : payload;
  if (framesToHash === 0) return;
  hash.update(text);
  framesToHash -= 1;
}

function countTicks(subscriber: Subscriber, bytes: number): void {
  bytesReceived += bytes;
  const complete = Math.floor((subscriber.connection.reader.frames - subscriber.framesBefore) / eventsPerTick);
  for (; subscriber.ticks < complete; subscriber.ticks++) ticks?.arrived(subscriber.ticks, subscribers.length);
}

function addSubscriber(options: Omit<ConnectionOptions, "onRead">): void {
  const onRead = ticks && ((bytes: number) => countTicks(subscriber, bytes));
  const connection = new Connection({ ...options, ...(onRead && { onRead }) });
  const subscriber: Subscriber = { connection, framesBefore: 0, ticks: 0 };
  subscribers.push(subscriber);
}

interface OpenOptions {
  readonly port: number;
  readonly isSocketIo: boolean;
  /** Whether they offer permessage-deflate. */
  readonly offersDeflate?: boolean;
  /** So many more. */
  readonly subscribers: number;
  /** To count ticks. */
  readonly controlPort?: number;
  /** To record arrivals. */
  readonly recorded?: RecordedEvents;
}

export const handlers = {
  /** Returns in how many milliseconds they were connected. */
  async open({ port, isSocketIo, offersDeflate, subscribers: count, ...rest }: OpenOptions): Promise<number> {
    const { controlPort, recorded } = rest;
    if (controlPort !== undefined) ticks ??= await TickArrivals.connect(controlPort);
    const startedMs = performance.now();
    const wanted = subscribers.length + count;
    await new Promise<void>((resolve) => {
      let opening = count;
      function openNext(): void {
        const record = recorded && recordArrivals(recorded, (arrival) => arrivals.push(arrival));
        const onPayload = record ?? (subscribers.length === 0 ? hashPayload : undefined);
        addSubscriber({ port, isSocketIo, offersDeflate, onOpen, onPayload });
      }
      function onOpen(): void {
        opening -= 1;
        if (subscribers.length < wanted) openNext();
        if (opening === 0) resolve();
      }
      while (subscribers.length < Math.min(wanted, wanted - count + openingMax)) openNext();
    });
    return performance.now() - startedMs;
  },

  /** From now on ticks have this many events; what the first ones bring to the first subscriber is hashed. */
  expectTicks(expected: { readonly eventsPerTick: number; readonly hashedTicks: number }): void {
    ({ eventsPerTick } = expected);
    framesToHash = expected.hashedTicks * eventsPerTick;
    for (const subscriber of subscribers) {
      subscriber.framesBefore = subscriber.connection.reader.frames;
      subscriber.ticks = 0;
    }
    ticks?.reset();
    bytesReceived = 0;
    hash = createHash("sha256");
  },

  /** What has come since. */
  countedTicks(): { readonly hash: string; readonly frames: number; readonly bytes: number } {
    const counts = subscribers.map(({ connection, framesBefore }) => connection.reader.frames - framesBefore);
    return { hash: hash.digest("hex"), frames: counts.reduce((sum, count) => sum + count, 0), bytes: bytesReceived };
  },

  clearArrivals(): void {
    arrivals = [];
  },

  arrivals: (): readonly Arrival[] => arrivals,
};
