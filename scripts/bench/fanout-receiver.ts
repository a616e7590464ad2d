/**
 * The receiver of the fan-out benchmark, in its own process: as many subscribers as asked for, each a bare
 * TCP connection whose frames are counted in place.
 *
 * All connections read into one shared buffer. The first subscriber's payloads are hashed, and every
 * subscriber's frames are counted; a tick is reported when the last subscriber has all of it.
 */
import { type Hash, createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { FrameCounter, type PayloadSink } from "./frame-counter.js";
import type { ReceiverCommand, ReceiverReport, ServerKind } from "./fanout-messages.js";

/** Connections that are being opened at a time. */
const openingMax = 128;
const shared = Buffer.allocUnsafe(1 << 20);
const endOfHeaders = Buffer.from("\r\n\r\n");

/** What is expected at present, and how much of it has come. */
const expected = { eventsPerTick: 1, hashedFrames: 0 };
const subscribers: Subscriber[] = [];
let control: Socket | undefined;
let reportedTicks = 0;
let bytesReceived = 0;
let hash: Hash = createHash("sha256");
/** How many subscribers have all of the tick, by the tick's number. */
let arrivals: number[] = [];

function report(message: ReceiverReport): void {
  process.send?.(message);
}

/** A short masked text frame, as clients must send it. */
function maskedText(text: string): Buffer {
  const mask = randomBytes(4);
  const payload = Buffer.from(text).map((byte, index) => byte ^ mask[index % 4]);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]);
}

class Subscriber {
  readonly counter: FrameCounter;
  /** Frames of the handshake; on top of them ticks are counted. */
  framesBefore = 0;
  ticks = 0;
  readonly #socket: Socket;
  readonly #isSocketIo: boolean;
  readonly #onOpen: () => void;
  #head: Buffer | null = Buffer.alloc(0);
  #isOpen = false;

  constructor(kind: ServerKind, port: number, onOpen: () => void, sink?: PayloadSink) {
    this.#isSocketIo = kind !== "ws";
    this.#onOpen = onOpen;
    this.counter = new FrameCounter(sink);
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      onread: { buffer: shared, callback: (length, buffer) => this.#read((buffer as Buffer).subarray(0, length)) },
    });
    const path = this.#isSocketIo ? "/socket.io/?EIO=4&transport=websocket" : "/";
    const key = randomBytes(16).toString("base64");
    this.#socket.on("error", (error) => fail(error));
    this.#socket.on("close", () => fail(new Error("a server closed a subscriber's connection")));
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
  }

  #read(bytes: Buffer): boolean {
    const frames = this.#head === null ? bytes : this.#readHead(bytes);
    if (frames.length === 0) return true;
    this.counter.read(frames);
    if (this.#isOpen) this.#countTicks(frames.length);
    else this.#goOnOpening();
    return true;
  }

  #readHead(bytes: Buffer): Buffer {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), bytes]);
    const end = head.indexOf(endOfHeaders);
    this.#head = end === -1 ? head : null;
    if (end === -1) return Buffer.alloc(0);
    if (!this.#isSocketIo) this.#opened();
    return head.subarray(end + endOfHeaders.length);
  }

  /** Engine.IO's open packet is answered by joining the namespace; the answer to that is the last of the handshake. */
  #goOnOpening(): void {
    if (this.counter.frames === 1) this.#socket.write(maskedText("40"));
    else this.#opened();
  }

  #opened(): void {
    this.#isOpen = true;
    this.framesBefore = this.counter.frames;
    this.#onOpen();
  }

  #countTicks(length: number): void {
    bytesReceived += length;
    const ticks = Math.floor((this.counter.frames - this.framesBefore) / expected.eventsPerTick);
    for (; this.ticks < ticks; this.ticks++) arrivals[this.ticks] = (arrivals[this.ticks] ?? 0) + 1;
    while (arrivals[reportedTicks] === subscribers.length) {
      reportedTicks += 1;
      control?.write("\n");
    }
  }
}

function fail(error: Error): never {
  process.stderr.write(`fan-out receiver: ${error.message}\n`);
  process.exit(1);
}

/** Hashes the payloads of the first frames after the handshake. */
function createSink(): PayloadSink {
  return (bytes, isLast) => {
    if (expected.hashedFrames === 0) return;
    hash.update(bytes);
    if (isLast) expected.hashedFrames -= 1;
  };
}

/** Connects `count` more subscribers. */
async function open(kind: ServerKind, port: number, controlPort: number, count: number): Promise<void> {
  control ??= await connectControl(controlPort);
  const startedMs = performance.now();
  const wanted = subscribers.length + count;
  await new Promise<void>((resolve) => {
    let opening = count;
    const openNext = () => {
      subscribers.push(new Subscriber(kind, port, onOpen, subscribers.length === 0 ? createSink() : undefined));
    };
    function onOpen(): void {
      opening -= 1;
      if (subscribers.length < wanted) openNext();
      if (opening === 0) resolve();
    }
    while (subscribers.length < Math.min(wanted, wanted - count + openingMax)) openNext();
  });
  report({ opened: { wallMs: performance.now() - startedMs } });
}

async function connectControl(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  return socket;
}

process.on("message", (command: ReceiverCommand) => {
  if ("open" in command) {
    const { kind, server, control: controlPort, subscribers: count } = command.open;
    void open(kind, server, controlPort, count);
  } else if ("expect" in command) {
    expected.eventsPerTick = command.expect.eventsPerTick;
    expected.hashedFrames = command.expect.hashedTicks * command.expect.eventsPerTick;
    for (const subscriber of subscribers) {
      subscriber.framesBefore = subscriber.counter.frames;
      subscriber.ticks = 0;
    }
    reportedTicks = 0;
    arrivals = [];
    bytesReceived = 0;
    hash = createHash("sha256");
    report({ expecting: true });
  } else {
    const frames = subscribers.reduce((sum, { counter, framesBefore }) => sum + counter.frames - framesBefore, 0);
    report({ finished: { hash: hash.digest("hex"), frames, bytes: bytesReceived } });
  }
});
process.on("disconnect", () => process.exit());
