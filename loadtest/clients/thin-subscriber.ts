/**
 * One subscriber of the load test, as thin as it can be, and as strict as a stock client.
 *
 * Compares what arrives, a tick's run of frames at once, with the bytes that the oracle expects next (fast-path.ts),
 * in a read buffer shared by all subscribers of the process. Only what does not fit is looked at frame
 * by frame.
 */
import { Socket, connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { monotonicMs } from "../core/monotonic.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { encodeClientFrame, opcodes } from "../core/frames.js";
import { reasonOfRefusal } from "../core/refusal-reason.js";
import {
  type Heartbeat,
  type UpgradeRequest,
  connectPacketOf,
  createUpgradeKey,
  describeRefusal,
  isAccepted,
  readOpenPacket,
  readUpgradeAnswer,
  recoveryIdOf,
  upgradeAnswerBytesMax,
  upgradeHead,
} from "./handshake.js";
import { FastPath } from "./fast-path.js";
import { InflatePosition, InflatedMessages } from "./inflated-messages.js";
import { MessageReader } from "./message-reader.js";
import { type Packet, type SocketPacket, readPacket } from "./packets.js";
import { ByteBudget } from "./pending-bytes.js";
import { type ProtocolViolation, describeViolation, violation } from "./protocol-violation.js";
import type { DropManner, RecoverySession, Subscriber, SubscriberEvents } from "./subscriber.js";
import { unreadAnswersReason, unreadBytesMax } from "./unread-answers.js";

/** All subscribers of a process read into this one buffer: a read is handled before the next begins. */
const sharedBuffer = Buffer.allocUnsafeSlow(256 * 1024);
/** What servers may leave unfinished, in all connections of a process together. */
const unfinishedBytes = new ByteBudget(64_000_000);
/** Likewise what compressed messages hold: most of them are the same for all. */
const inflatedMessages = new InflatedMessages();
const pong = "3";
const upgradeEnd = Buffer.from("\r\n\r\n");

const early = violation("Socket.IO", "early", "a packet before the connection was accepted", false);
const secondOpen = violation("Engine.IO", "second-open", "a second open packet", false);
const secondConnect = violation("Socket.IO", "second-connect", "a second connect packet", false);
const lateError = violation("Socket.IO", "late-connect-error", "a connect error after the connection was accepted");
const surplusBinary = violation("Socket.IO", "binary", "a binary message that belongs to no packet");
const missingBinary = violation("Socket.IO", "attachments", "a packet in place of a binary attachment");

/** An event's last argument where the server has connection state recovery. */
const offsetArgument = /,"([^"\\]*)"\]$/;
/** Events of one replay. */
const replayedMax = 200_000;
/** How much longer than its heartbeat a server may take to give up a silent connection. */
const silentMarginMs = 5000;

export class ThinSubscriber implements Subscriber {
  readonly kind = "thin";
  matcher: StreamMatcher;
  readonly #request: UpgradeRequest;
  #events: SubscriberEvents;
  readonly #sourceAddress: string | undefined;
  readonly #reader = new MessageReader(unfinishedBytes);
  #socket: Socket | undefined;
  #key = "";
  #phase: "upgrading" | "opening" | "joining" | "connected" | "over" = "upgrading";
  readonly #fastPath: FastPath;
  /** The beginning of the answer to the upgrade. */
  #answer: Buffer | undefined;
  /** Binary messages that the last packet announced. */
  #attachments = 0;
  #heartbeat: Heartbeat | undefined;
  #lastPingMs = 0;
  #session: RecoverySession | undefined;
  isResumed = false;
  /** permessage-deflate was agreed. */
  isCompressed = false;
  /** What a server replays of a session comes before it has accepted the connection. */
  readonly #replayed: { readonly text: string; readonly atMs: number }[] = [];

  /** @param session of the connection before, to be taken up again */
  constructor(
    request: UpgradeRequest,
    matcher: StreamMatcher,
    events: SubscriberEvents,
    sourceAddress?: string,
    session?: RecoverySession,
  ) {
    this.#session = session;
    this.#request = request;
    this.matcher = matcher;
    this.#events = events;
    this.#fastPath = new FastPath(matcher, events);
    this.#sourceAddress = sourceAddress;
  }

  open(): void {
    const { host, port, secure, serverName } = this.#request;
    const localAddress = this.#sourceAddress;
    this.#key = createUpgradeKey();
    const opened = () => this.#socket?.write(upgradeHead(this.#request, this.#key));
    if (secure) {
      const options = { host, port, localAddress, servername: serverName, ALPNProtocols: ["http/1.1"] };
      this.#socket = connectTls(options, opened);
      this.#socket.on("data", (bytes: Buffer) => this.receive(bytes, bytes.length));
    } else {
      const callback = (bytesRead: number, bytes: Uint8Array): boolean => {
        this.receive(bytes as Buffer, bytesRead);
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
    this.#release();
  }

  rebind(matcher: StreamMatcher, events: SubscriberEvents): void {
    this.matcher = matcher;
    this.#events = events;
    // What has arrived of a frame fits where the account before has left the stream.
    if (!matcher.joined) this.#fastPath.forget(this.#reader);
    this.#fastPath.rebind(matcher, events);
  }

  /** What the next connection of the same subscriber begins with. */
  get session(): RecoverySession | undefined {
    return this.#session;
  }

  vanish(how: DropManner): void {
    if (how === "goodbye") return this.close();
    const socket = this.#socket;
    this.#phase = "over";
    if (how === "silent" && socket !== undefined) {
      socket.pause();
      return;
    }
    socket?.resetAndDestroy();
    this.#release();
  }

  /** Milliseconds after which the server has given up a connection that fell silent, or should have. */
  get silentMs(): number {
    const { pingIntervalMs, pingTimeoutMs } = this.#heartbeat ?? { pingIntervalMs: 0, pingTimeoutMs: 0 };
    return pingIntervalMs + pingTimeoutMs + silentMarginMs;
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

  /** What the socket has read: the first `end` bytes, which are not kept. */
  receive(bytes: Buffer, end: number): void {
    const atMs = monotonicMs();
    let offset = this.#phase === "upgrading" ? this.#upgrade(bytes, end) : 0;
    const { matcher } = this;
    matcher.receivedBytes += end;
    while (offset < end && this.#phase !== "over") {
      if (matcher.joined && !matcher.holding && this.#reader.isBetweenMessages && this.#attachments === 0) {
        offset = this.#fastPath.follow(bytes, offset, end, atMs);
        if (offset >= end) return;
        this.#fastPath.forget(this.#reader);
      }
      offset = this.#read(bytes, offset, end, atMs);
    }
  }

  /** Takes one frame, or the beginning of one. Returns where the next begins. */
  #read(bytes: Buffer, offset: number, end: number, atMs: number): number {
    const received = this.#reader.read(bytes, offset, end);
    const { next } = this.#reader;
    switch (received.kind) {
      case "text":
        this.#packet(readPacket(received.payload), atMs);
        break;
      case "binary":
        this.#binary();
        break;
      case "deflated":
        this.#inflate(received.payload, received.isText, atMs);
        break;
      case "ping":
        this.#send(opcodes.pong, received.payload);
        break;
      case "close":
        this.#end(`closed by the server with ${received.code}`);
        break;
      case "violation":
        this.#violated(received.violation);
        break;
      default:
    }
    return next;
  }

  #inflate(payload: Buffer, isText: boolean, atMs: number): void {
    const inflated = this.#fastPath.inflating!.read(payload, isText);
    if (!Buffer.isBuffer(inflated)) this.#violated(inflated);
    else if (isText) this.#packet(readPacket(inflated), atMs);
    else this.#binary();
  }

  #packet(packet: Packet, atMs: number): void {
    switch (packet.kind) {
      case "open":
        return this.#openPacket(packet.text, atMs);
      case "ping":
        this.#lastPingMs = atMs;
        return this.#send(opcodes.text, pong);
      case "noop":
        return;
      case "close":
        return this.#end("closed by the server");
      case "violation":
        return this.#violated(packet.violation);
      case "binary":
        return this.#binary();
      default:
        return this.#attachments > 0 ? this.#violated(missingBinary) : this.#socketPacket(packet, atMs);
    }
  }

  #socketPacket(packet: SocketPacket, atMs: number): void {
    switch (packet.kind) {
      case "connect":
        return this.#connected(packet.text, atMs);
      case "connectError":
        return this.#phase === "connected" ? this.#violated(lateError) : this.#end(describeRefusal(packet.text));
      case "disconnect":
        return this.#end("io server disconnect");
      default:
    }
    if (packet.kind === "event" && this.#mayBeReplaying) return void this.#replayed.push({ text: packet.text, atMs });
    if (this.#phase !== "connected") return this.#violated(early);
    if (packet.violation !== undefined) this.#violated(packet.violation);
    if (packet.kind === "attached") this.#attachments = packet.attachments;
    else this.#events.judged(this.matcher, this.matcher.frame(this.#withoutOffset(packet.text), atMs));
  }

  get #mayBeReplaying(): boolean {
    return this.#phase === "joining" && this.#session !== undefined && this.#replayed.length < replayedMax;
  }

  /** The stock client, too, emits them once it is connected. */
  #takeReplayed(): void {
    for (const { text, atMs } of this.#replayed.splice(0))
      if (this.isResumed) this.#events.judged(this.matcher, this.matcher.frame(this.#withoutOffset(text), atMs));
      else this.#violated(early);
  }

  /** Keeps the offset that a server with connection state recovery adds to each event. */
  #withoutOffset(text: string): string {
    if (this.#session === undefined) return text;
    const found = offsetArgument.exec(text);
    if (found === null) return text;
    this.#session = { pid: this.#session.pid, offset: found[1]! };
    return `${text.slice(0, found.index)}]`;
  }

  #binary(): void {
    if (this.#attachments === 0) this.#violated(surplusBinary);
    else this.#attachments -= 1;
  }

  #openPacket(text: string, atMs: number): void {
    if (this.#phase !== "opening") return this.#violated(secondOpen);
    this.#heartbeat = readOpenPacket(text);
    if (this.#heartbeat === undefined) return this.#end("no Engine.IO handshake");
    this.#lastPingMs = atMs;
    this.#phase = "joining";
    this.#send(opcodes.text, connectPacketOf(this.#request, this.#session));
  }

  #connected(text: string, atMs: number): void {
    if (this.#phase !== "joining") return this.#violated(this.#phase === "connected" ? secondConnect : early);
    if (!isAccepted(text)) return this.#end("no session id in the connect packet");
    this.#phase = "connected";
    const pid = recoveryIdOf(text);
    this.isResumed = pid !== undefined && pid === this.#session?.pid;
    if (!this.isResumed) this.#session = pid === undefined ? undefined : { pid, offset: undefined };
    this.#events.connected(this, atMs);
    this.#takeReplayed();
  }

  /** Reads the answer to the upgrade. Returns where the frames begin; the end while it is incomplete. */
  #upgrade(bytes: Buffer, end: number): number {
    const before = this.#answer?.length ?? 0;
    const answer =
      this.#answer === undefined ? bytes.subarray(0, end) : Buffer.concat([this.#answer, bytes.subarray(0, end)]);
    this.#answer = undefined;
    let from = 0;
    for (;;) {
      const headEnd = answer.indexOf(upgradeEnd, from);
      const length = (headEnd < 0 ? answer.length : headEnd) - from;
      if (length > upgradeAnswerBytesMax)
        this.#end(`an answer to the upgrade of more than ${upgradeAnswerBytesMax} bytes`);
      else if (headEnd < 0) this.#answer = Buffer.from(answer.subarray(from));
      if (headEnd < 0 || this.#phase === "over") return end;
      const head = answer.toString("latin1", from, headEnd);
      const result = readUpgradeAnswer(head, this.#key, this.#request.offersDeflate);
      from = headEnd + upgradeEnd.length;
      if (result.kind === "noHttp") this.#end("not an HTTP server");
      // What came with the head tells why; nobody waits for more.
      if (result.kind === "refused") this.#end(reasonOfRefusal(result.status, answer.toString("utf8", from)));
      if (result.kind === "violation") this.#violated(result.violation);
      if (result.kind === "interim") continue;
      if (result.kind === "accepted") this.#accepted(result.deflate);
      return from - before;
    }
  }

  #accepted(deflate: { readonly forgets: boolean } | undefined): void {
    this.#phase = "opening";
    if (deflate === undefined) return;
    this.isCompressed = this.#reader.inflates = true;
    this.#fastPath.inflating = new InflatePosition(inflatedMessages, deflate.forgets);
  }

  #send(opcode: number, payload: string | Buffer): void {
    if (this.#socket === undefined) return;
    this.#socket.write(encodeClientFrame(opcode, payload));
    if (this.#socket.writableLength > unreadBytesMax) this.#end(unreadAnswersReason);
  }

  /** What a stock client ignores is counted, and ignored; for the rest it closes the connection. */
  #violated(found: ProtocolViolation): void {
    if (this.#phase === "over") return;
    this.#events.violated(found);
    if (found.isFatal) this.#end(describeViolation(found));
  }

  /** The account outlives the connection, the rest need not. */
  #release(): void {
    this.#reader.discard();
    this.#answer = undefined;
    this.#fastPath.release();
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #end(reason: string): void {
    if (this.#phase === "over") return;
    const wasConnected = this.#phase === "connected";
    this.#phase = "over";
    this.#release();
    if (wasConnected) this.#events.dropped(this, reason);
    else this.#events.refused(this, reason);
  }
}
