/**
 * Writes to one connection: past Engine.IO, all frames of a batch in one write, or through it, packet by packet.
 *
 * Invariant: writing past Engine.IO happens only while Engine.IO has nothing queued, and what Engine.IO
 * writes goes to the same socket at once; so the order on the wire is the order of the calls.
 */
import type { Socket as NetSocket } from "node:net";
import type { ResponsiveClock } from "../core/responsive-clock.js";
import type { CounterSet } from "./counters.js";
import {
  type EngineConnection,
  type EngineTransport,
  type EngineWebSocket,
  hasSharedWindow,
  missingMember,
} from "./internals.js";
import type { SharedDeflate } from "./shared-deflate.js";
import { type WireBatch, type WirePacket, frameOf, joinForPolling } from "./wire-batch.js";

const webSocketOpen = 1;

/** Positions in the shared deflate stream of who is not in it. */
const noDeflate = -2;
const beforeDeflate = -1;

/** How a subscriber gets batches: in the shared deflate stream, uncompressed until it can join that, or always so. */
export type Compression = "shared" | "waiting" | "none";

/** Shared by all connections. */
export interface WriterContext {
  readonly clock: ResponsiveClock;
  readonly counters: CounterSet;
  /** There where batches are compressed. */
  readonly deflate: SharedDeflate | undefined;
  /** This connection cannot be written to past Engine.IO. */
  readonly reportMissing: (member: string) => void;
}

export class ConnectionWriter {
  readonly #conn: EngineConnection;
  readonly #context: WriterContext;
  #transport: EngineTransport;
  #webSocket: EngineWebSocket | null = null;
  /** For writes past Engine.IO; null when there are none. */
  #socket: NetSocket | null = null;
  /** Set while something may be in the way: the subscriber is judged before the next write past Engine.IO. */
  #needsCheck = true;
  /** The position of the last compressed batch that it has got. */
  #deflatePosition = noDeflate;
  /** When something began to wait, in responsive milliseconds and in turns of the event loop. */
  #waitingSinceMs = 0;
  #waitingSinceTurn = 0;

  constructor(conn: EngineConnection, context: WriterContext) {
    this.#conn = conn;
    this.#context = context;
    this.#transport = conn.transport;
    this.#followTransport();
  }

  get isPolling(): boolean {
    return this.#transport.name === "polling";
  }

  /** A closing handshake has begun, from either side. */
  get isClosing(): boolean {
    return this.#webSocket !== null && this.#webSocket.readyState > webSocketOpen;
  }

  /** True when a batch may be written at once. */
  get isReady(): boolean {
    return !this.#needsCheck && this.#webSocket?.readyState === webSocketOpen && this.#socket?.writable === true;
  }

  /** Not ready until `noticeEmpty`: Engine.IO is about to write, or a pong is overdue. */
  requireCheck(): void {
    this.#needsCheck = true;
  }

  /** Nothing is queued: ready from now on, where one can write past Engine.IO. */
  noticeEmpty(): void {
    this.#needsCheck = !this.#isDirect();
  }

  /** Its position in the shared deflate stream may lie behind: then it is not noticed before the next batch. */
  get compression(): Compression {
    if (this.#deflatePosition === noDeflate) return "none";
    return this.#deflatePosition === beforeDeflate ? "waiting" : "shared";
  }

  /** Writes a batch past Engine.IO, compressed where it can be inflated; only where `isReady`. */
  writeBatch(batch: WireBatch): void {
    const { counters } = this.#context;
    const bytes = this.#deflatePosition === noDeflate ? batch.bytes : this.#bytesInStream(batch);
    counters.bytesRaw += batch.bytes.length;
    counters.bytesOnWire += bytes.length;
    this.#writeDirectly(bytes);
  }

  /** Compressed where it has got everything since the history was cut; uncompressed until the next cut otherwise. */
  #bytesInStream({ bytes, compressed }: WireBatch): Buffer {
    const { deflate } = this.#context;
    if (compressed !== null && (compressed.follows === null || compressed.follows === this.#deflatePosition)) {
      this.#deflatePosition = compressed.position;
      deflate?.noteFollower();
      return compressed.bytes;
    }
    if (compressed !== null) this.#deflatePosition = beforeDeflate;
    if (this.#deflatePosition === beforeDeflate) deflate?.noteWaiting();
    return bytes;
  }

  #writeDirectly(bytes: Buffer): void {
    const socket = this.#socket;
    // False means that the high-water mark was reached, even if all was written at once: then nothing is left over.
    if (socket === null || socket.write(bytes) || socket.writableLength === 0) return;
    this.#needsCheck = true;
    this.#beginToWait();
  }

  sendBatch(batch: WireBatch): void {
    const conn = this.#conn;
    if (this.#isDirect()) {
      this.writeBatch(batch);
      return;
    }
    this.#countPlain(batch.bytes);
    if (this.isPolling && this.#transport.writable && conn.writeBuffer.length === 0 && conn.protocol === 4) {
      // Only when it is answered at once: joined packets that waited for an upgrade would be one broken frame.
      conn.write(joinForPolling(batch), { compress: false });
    } else {
      batch.packets.forEach((packet, index) => this.#enqueue(packet, frameOf(batch, index)));
    }
  }

  sendPacket(batch: WireBatch, index: number): void {
    const frame = frameOf(batch, index);
    this.#countPlain(frame);
    if (this.#isDirect()) this.#writeDirectly(frame);
    else this.#enqueue(batch.packets[index]!, frame);
  }

  #countPlain({ length }: Buffer): void {
    this.#context.counters.bytesRaw += length;
    this.#context.counters.bytesOnWire += length;
  }

  /** Bytes that wait on the way. Counts no further than the limit. */
  queuedBytes(limitBytes: number): number {
    let bytes = this.#socket?.writableLength ?? 0;
    for (const { data } of this.#conn.writeBuffer) {
      bytes += data?.length ?? 0;
      if (limitBytes > 0 && bytes > limitBytes) break;
    }
    return bytes;
  }

  /** How long something has waited. */
  get waitedMs(): number {
    return this.#context.clock.nowMs - this.#waitingSinceMs;
  }

  /** True once the event loop has offered the socket what waits. */
  get hadItsTurn(): boolean {
    return this.#waitingSinceTurn !== this.#context.clock.currentTurn();
  }

  /** Ends the connection without waiting for anything that is queued. The client sees a transport close. */
  terminate(): void {
    if (this.#webSocket === null) this.#conn.close(true);
    else this.#webSocket.terminate();
  }

  /** True when one can write past Engine.IO. Notices an upgrade. */
  #isDirect(): boolean {
    const conn = this.#conn;
    if (conn.transport !== this.#transport) this.#followTransport();
    return (
      this.#socket !== null &&
      conn.writeBuffer.length === 0 &&
      this.#transport.writable &&
      this.#webSocket?.readyState === webSocketOpen
    );
  }

  #followTransport(): void {
    this.#transport = this.#conn.transport;
    this.#socket = null;
    this.#deflatePosition = noDeflate;
    this.#webSocket = this.#transport.name === "websocket" ? (this.#transport.socket ?? null) : null;
    if (this.#transport.name !== "websocket") return;
    const missing = missingMember(this.#conn);
    if (missing === null) this.#socket = this.#webSocket?._socket ?? null;
    else this.#context.reportMissing(missing);
    const isDeflated = this.#socket !== null && this.#webSocket !== null && hasSharedWindow(this.#webSocket);
    if (isDeflated && this.#context.deflate !== undefined) this.#deflatePosition = beforeDeflate;
  }

  /** Through Engine.IO: at once if the transport is writable, with its next flush otherwise. */
  #enqueue(packet: WirePacket, frame: Buffer): void {
    const conn = this.#conn;
    const wasEmpty = conn.writeBuffer.length === 0;
    conn.write(packet.text, { compress: false, wsPreEncodedFrame: [frame] });
    if (wasEmpty && conn.writeBuffer.length > 0) this.#beginToWait();
  }

  #beginToWait(): void {
    const { clock } = this.#context;
    this.#waitingSinceMs = clock.nowMs;
    this.#waitingSinceTurn = clock.currentTurn();
  }
}
