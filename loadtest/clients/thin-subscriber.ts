/**
 * One subscriber of the load test, as thin as it can be.
 *
 * Compares what arrives, a tick's run of frames at once, with the bytes that the oracle expects next,
 * in a read buffer shared by all subscribers of the process. Only what does not fit is looked at frame
 * by frame. It parses no JSON.
 *
 * Invariant: of a frame that has arrived in part, the matching part is kept as a count, not as a copy.
 */
import { Socket, connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { monotonicMs } from "../measure/monotonic.js";
import type { Follower } from "../oracle/follower.js";
import { type FrameHeader, encodeClientFrame, opcodes, readFrameHeader } from "../frames.js";
import { type Heartbeat, type UpgradeRequest, describeRefusal, readOpenPacket } from "./handshake.js";
import type { Subscriber, SubscriberEvents } from "./subscriber.js";

/** All subscribers of a process read into this one buffer: a read is handled before the next begins. */
const sharedBuffer = Buffer.allocUnsafeSlow(256 * 1024);
const header: FrameHeader = { opcode: 0, final: true, masked: false, payloadOffset: 0, payloadBytes: 0 };
const pong = "3";
const upgradeEnd = Buffer.from("\r\n\r\n");
const frameBytesMax = 16 * 1024 * 1024;

export class ThinSubscriber implements Subscriber {
  readonly kind = "thin";
  readonly follower: Follower;
  readonly #request: UpgradeRequest;
  readonly #events: SubscriberEvents;
  readonly #sourceAddress: string | undefined;
  #socket: Socket | undefined;
  #phase: "upgrading" | "opening" | "joining" | "connected" | "over" = "upgrading";
  /** Bytes of the next expected item that have arrived and fit. */
  #matchedBytes = 0;
  /** The beginning of a frame that the oracle does not foretell. */
  #partial: Buffer | undefined;
  #heartbeat: Heartbeat | undefined;
  #lastPingMs = 0;

  constructor(request: UpgradeRequest, follower: Follower, events: SubscriberEvents, sourceAddress?: string) {
    this.#request = request;
    this.follower = follower;
    this.#events = events;
    this.#sourceAddress = sourceAddress;
  }

  open(): void {
    const { host, port, secure, serverName } = this.#request;
    const localAddress = this.#sourceAddress;
    const opened = () => this.#socket?.write(this.#request.head);
    if (secure) {
      const options = { host, port, localAddress, servername: serverName, ALPNProtocols: ["http/1.1"] };
      this.#socket = connectTls(options, opened);
      this.#socket.on("data", (bytes: Buffer) => this.#receive(bytes, bytes.length));
    } else {
      const callback = (bytesRead: number, bytes: Uint8Array): boolean => {
        this.#receive(bytes as Buffer, bytesRead);
        return true;
      };
      const onread = { buffer: sharedBuffer, callback };
      this.#socket = connectTcp({ host, port, onread, localAddress, noDelay: true }, opened);
    }
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    this.#socket.on("close", () => this.#end("connection closed"));
  }

  close(): void {
    if (this.#phase === "connected") this.#socket?.write(encodeClientFrame(opcodes.text, "41"));
    this.#phase = "over";
    this.#letGo();
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  isAlive(nowMs: number): boolean {
    if (this.#phase !== "connected" || this.#heartbeat === undefined) return true;
    const { pingIntervalMs, pingTimeoutMs } = this.#heartbeat;
    if (nowMs - this.#lastPingMs <= pingIntervalMs + pingTimeoutMs) return true;
    this.#end("ping timeout");
    return false;
  }

  #receive(bytes: Buffer, end: number): void {
    const atMs = monotonicMs();
    let offset = 0;
    if (this.#phase === "upgrading") {
      offset = this.#upgrade(bytes, end);
      if (offset < 0) return;
    }
    const { follower } = this;
    let data = bytes;
    let dataEnd = end;
    while (offset < dataEnd && this.#phase !== "over") {
      if (this.#partial === undefined && follower.joined && !follower.holding) {
        offset = this.#follow(data, offset, dataEnd, atMs);
        if (offset >= dataEnd) return;
        this.#forgetMatch();
      }
      if (this.#partial !== undefined) {
        data = Buffer.concat([this.#partial, data.subarray(offset, dataEnd)]);
        this.#partial = undefined;
        offset = 0;
        dataEnd = data.length;
      }
      offset = this.#frame(data, offset, dataEnd, atMs);
    }
  }

  /** The fast path: as far as the bytes are the expected ones. Returns where they stop being so. */
  #follow(bytes: Buffer, start: number, end: number, atMs: number): number {
    const { follower } = this;
    let offset = start;
    while (offset < end && follower.settle()) {
      const batch = follower.batch;
      if (batch === undefined) break;
      const { bytes: expected, ends } = batch.wire;
      const from = (follower.item === 0 ? 0 : ends[follower.item - 1]) + this.#matchedBytes;
      const length = Math.min(end - offset, expected.length - from);
      if (bytes.compare(expected, from, from + length, offset, offset + length) !== 0) break;
      offset += length;
      this.#matchedBytes = follower.arrived(batch, from + length, atMs);
    }
    return offset;
  }

  /** The next bytes are not the expected ones: what matched of a frame so far is the beginning of another. */
  #forgetMatch(): void {
    if (this.#matchedBytes === 0) return;
    const { batch, item } = this.follower;
    if (batch !== undefined) {
      const { bytes, ends } = batch.wire;
      const from = item === 0 ? 0 : ends[item - 1];
      this.#partial = Buffer.from(bytes.subarray(from, from + this.#matchedBytes));
    }
    this.#matchedBytes = 0;
  }

  /** Takes one frame, or keeps the beginning of one. Returns where the next begins. */
  #frame(bytes: Buffer, offset: number, end: number, atMs: number): number {
    const isComplete =
      readFrameHeader(bytes, offset, end, header) && end - offset >= header.payloadOffset + header.payloadBytes;
    if (!isComplete) {
      if (header.payloadBytes > frameBytesMax && end - offset >= 10) this.#end(`frame of ${header.payloadBytes} bytes`);
      else this.#partial = Buffer.from(bytes.subarray(offset, end));
      return end;
    }
    const from = offset + header.payloadOffset;
    const to = from + header.payloadBytes;
    const { opcode } = header;
    if (!header.final || header.masked) this.#end("frame that no Socket.IO server sends");
    else if (opcode === opcodes.text) this.#text(bytes, from, to, atMs);
    else if (opcode === opcodes.ping) this.#send(opcodes.pong, bytes.subarray(from, to));
    else if (opcode === opcodes.close) this.#end("closed by the server");
    return to;
  }

  #text(bytes: Buffer, from: number, to: number, atMs: number): void {
    const packet = bytes[from];
    if (packet === 0x32 /* 2: ping */ && to - from === 1) {
      this.#lastPingMs = atMs;
      this.#send(opcodes.text, pong);
    } else if (packet === 0x34 /* 4: message */) this.#message(bytes, from + 1, to, atMs);
    else if (packet === 0x30 /* 0: open */) this.#openPacket(bytes.toString("utf8", from + 1, to), atMs);
    else if (packet === 0x31 /* 1: close */) this.#end("closed by the server");
  }

  #message(bytes: Buffer, from: number, to: number, atMs: number): void {
    const packet = bytes[from];
    if (packet === 0x32 /* 2: event */) this.follower.frame(bytes.toString("utf8", from + 1, to), atMs);
    else if (packet === 0x30 /* 0: connect */) {
      this.#phase = "connected";
      this.#events.connected(this, atMs);
    } else if (packet === 0x34 /* 4: connect error */) this.#end(describeRefusal(bytes.toString("utf8", from + 1, to)));
    else if (packet === 0x31 /* 1: disconnect */) this.#end("io server disconnect");
  }

  #openPacket(text: string, atMs: number): void {
    this.#heartbeat = readOpenPacket(text);
    if (this.#heartbeat === undefined) return this.#end("no Engine.IO handshake");
    this.#lastPingMs = atMs;
    this.#phase = "joining";
    this.#send(opcodes.text, this.#request.connectPacket);
  }

  /** Reads the answer to the upgrade. Returns where the frames begin, or -1 while it is incomplete. */
  #upgrade(bytes: Buffer, end: number): number {
    const before = this.#partial?.length ?? 0;
    const answer =
      before === 0 ? bytes.subarray(0, end) : Buffer.concat([this.#partial as Buffer, bytes.subarray(0, end)]);
    const headEnd = answer.indexOf(upgradeEnd);
    if (headEnd < 0 && answer.length < 16_384) {
      this.#partial = Buffer.from(answer);
      return -1;
    }
    this.#partial = undefined;
    const status = answer.toString("latin1", 0, Math.min(answer.length, 15));
    if (!status.startsWith("HTTP/1.1 101")) {
      this.#end(status.startsWith("HTTP/") ? `refused with ${status.slice(9, 12)}` : "not an HTTP server");
      return -1;
    }
    this.#phase = "opening";
    return headEnd + upgradeEnd.length - before;
  }

  #send(opcode: number, payload: string | Buffer): void {
    this.#socket?.write(encodeClientFrame(opcode, payload));
  }

  /** The account outlives the connection, the rest need not. */
  #letGo(): void {
    this.#partial = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #end(reason: string): void {
    if (this.#phase === "over") return;
    const wasConnected = this.#phase === "connected";
    this.#phase = "over";
    this.#letGo();
    if (wasConnected) this.#events.dropped(this, reason);
    else this.#events.refused(this, reason);
  }
}
