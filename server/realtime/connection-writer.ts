/**
 * The way to one connection: past Engine.IO, all frames of a batch in one write, or through it, packet by packet.
 *
 * Invariant: writing past Engine.IO happens only while Engine.IO has nothing queued, and what Engine.IO
 * writes goes to the same socket at once; so the order on the wire is the order of the calls.
 */
import type { Socket as NetSocket } from "node:net";
import { type EngineConnection, type EngineTransport, type EngineWebSocket, missingMember } from "./internals.js";
import type { BackpressureMonitor } from "./backpressure-monitor.js";
import { type WireBatch, type WirePacket, frameOf, joinForPolling } from "./wire-batch.js";

const webSocketOpen = 1;

export class ConnectionWriter {
  readonly conn: EngineConnection;
  protected readonly watch: BackpressureMonitor;
  #transport: EngineTransport;
  #webSocket: EngineWebSocket | null = null;
  /** The way past Engine.IO; null when there is none. */
  #socket: NetSocket | null = null;
  /** Set while something may be in the way: a look comes before the next write past Engine.IO. */
  protected isWatched = true;
  /** When something began to wait, in responsive milliseconds and in turns of the event loop. */
  #waitingSinceMs = 0;
  #waitingSinceTurn = 0;

  constructor(conn: EngineConnection, watch: BackpressureMonitor) {
    this.conn = conn;
    this.watch = watch;
    this.#transport = conn.transport;
    this.#followTransport();
  }

  protected get isPolling(): boolean {
    return this.#transport.name === "polling";
  }

  /** A closing handshake has begun, from either side. */
  protected get isClosing(): boolean {
    return this.#webSocket !== null && this.#webSocket.readyState > webSocketOpen;
  }

  /** True when a batch may be written at once. */
  get isReady(): boolean {
    return !this.isWatched && this.#webSocket?.readyState === webSocketOpen && this.#socket?.writable === true;
  }

  /** Engine.IO is about to write. */
  noticePacket(): void {
    this.isWatched = true;
  }

  /** True when the way past Engine.IO is free. Notices an upgrade. */
  protected isDirect(): boolean {
    const { conn } = this;
    if (conn.transport !== this.#transport) this.#followTransport();
    return (
      this.#socket !== null &&
      conn.writeBuffer.length === 0 &&
      this.#transport.writable &&
      this.#webSocket?.readyState === webSocketOpen
    );
  }

  /** Writes past Engine.IO; only where `isDirect` or `isReady`. */
  writeDirectly(bytes: Buffer): void {
    const socket = this.#socket;
    // False means that the high-water mark was reached, even if all was written at once: then nothing is left over.
    if (socket === null || socket.write(bytes) || socket.writableLength === 0) return;
    this.isWatched = true;
    this.#beginToWait();
  }

  protected sendBatch(batch: WireBatch): void {
    const { conn } = this;
    if (this.isDirect()) {
      this.writeDirectly(batch.bytes);
    } else if (this.isPolling && this.#transport.writable && conn.writeBuffer.length === 0 && conn.protocol === 4) {
      // Only when it is answered at once: joined packets that waited for an upgrade would be one broken frame.
      conn.write(joinForPolling(batch), { compress: false });
    } else {
      batch.packets.forEach((packet, index) => this.#enqueue(packet, frameOf(batch, index)));
    }
  }

  protected sendPacket(batch: WireBatch, index: number): void {
    const frame = frameOf(batch, index);
    if (this.isDirect()) this.writeDirectly(frame);
    else this.#enqueue(batch.packets[index], frame);
  }

  /** Bytes that wait on the way. Counts no further than the limit. */
  protected queuedBytes(limitBytes: number): number {
    let bytes = this.#socket?.writableLength ?? 0;
    for (const { data } of this.conn.writeBuffer) {
      bytes += data?.length ?? 0;
      if (limitBytes > 0 && bytes > limitBytes) break;
    }
    return bytes;
  }

  protected get waitedMs(): number {
    return this.watch.responsiveMs - this.#waitingSinceMs;
  }

  /** True once the event loop has offered the socket what waits. */
  protected get hadItsTurn(): boolean {
    return this.#waitingSinceTurn !== this.watch.currentTurn();
  }

  /** Ends the connection without waiting for anything that is queued. The client sees a transport close. */
  protected cut(): void {
    if (this.#webSocket === null) this.conn.close(true);
    else this.#webSocket.terminate();
  }

  #followTransport(): void {
    this.#transport = this.conn.transport;
    this.#socket = null;
    this.#webSocket = this.#transport.name === "websocket" ? (this.#transport.socket ?? null) : null;
    if (this.#transport.name !== "websocket") return;
    const missing = missingMember(this.conn);
    if (missing === null) this.#socket = this.#webSocket?._socket ?? null;
    else this.watch.reportMissing(missing);
  }

  /** Through Engine.IO: at once if the transport is writable, with its next flush otherwise. */
  #enqueue(packet: WirePacket, frame: Buffer): void {
    const wasEmpty = this.conn.writeBuffer.length === 0;
    this.conn.write(packet.text, { compress: false, wsPreEncodedFrame: [frame] });
    if (wasEmpty && this.conn.writeBuffer.length > 0) this.#beginToWait();
  }

  #beginToWait(): void {
    this.#waitingSinceMs = this.watch.responsiveMs;
    this.#waitingSinceTurn = this.watch.currentTurn();
  }
}
