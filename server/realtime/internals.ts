/**
 * Every member of Socket.IO, Engine.IO and ws that is used here without it being promised to stay.
 *
 * Read in the versions below; a test fails when others are installed, so that whoever upgrades reads
 * again. At run time each connection is looked at once, when its transport is set: one that lacks a
 * member is served by the stock path, so a surprise costs speed, never a delivery.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket as NetSocket } from "node:net";
import { constants, createDeflateRaw, inflateRawSync } from "node:zlib";
import type { Logger } from "../core/logger.js";

/** The versions in which the members below were read. */
export const readInVersions = {
  "socket.io": "4.8.4",
  "socket.io-adapter": "2.5.8",
  "engine.io": "6.6.12",
  "engine.io-parser": "5.2.3",
  ws: "8.23.0",
} as const;

/** A packet in Engine.IO's queue. */
export interface WaitingPacket {
  readonly data?: string | Buffer;
}

/** Options of `conn.write` that reach the transport with the packet. */
export interface WriteOptions {
  compress?: boolean;
  /** engine.io build/transports/websocket.js, `send`: written as it is, in place of the packet's own frame. */
  wsPreEncodedFrame?: readonly Buffer[];
}

/** An Engine.IO connection (build/socket.js). */
export interface EngineConnection {
  readonly protocol: number;
  /** Public; Socket.IO's documentation lets go of it to save memory, but its type does not say so. */
  request: IncomingMessage | null;
  /** Public; `handshake.address` of Socket.IO's sockets is taken from it when they join. */
  remoteAddress: string;
  readonly transport: EngineTransport;
  /** Private: packets that wait until the transport is writable. A flush takes them all. */
  readonly writeBuffer: readonly WaitingPacket[];
  write(data: string, options: WriteOptions): unknown;
  close(discard?: boolean): void;
  on(event: string, listener: (this: EngineConnection, ...args: never[]) => void): unknown;
}

/** Its transport: polling, WebSocket or WebTransport (build/transport.js). */
export interface EngineTransport {
  readonly name: string;
  readonly writable: boolean;
  /** Only of polling (build/transports/polling.js, `doClose`): how long a closing session waits for its next poll. */
  closeTimeout?: number;
  /** Private, and only of the WebSocket transport. */
  readonly socket?: EngineWebSocket;
}

/** The ws socket of a WebSocket transport (lib/websocket.js). */
export interface EngineWebSocket {
  readonly readyState: number;
  /** Undocumented: the connection itself. */
  readonly _socket: NetSocket | null;
  /** Undocumented: shared with its receiver and its sender, as the object that it is. */
  readonly _extensions?: WebSocketExtensions;
  terminate(): void;
}

/** What was negotiated with one client, by the extension's name. */
interface WebSocketExtensions {
  "permessage-deflate"?: MessageInflate;
}

/** The part of ws's PerMessageDeflate (lib/permessage-deflate.js) that ws uses of a server that never compresses. */
export interface MessageInflate {
  readonly params: DeflateParams | null;
  /** Of a message's fragment; calls back later, never at once (lib/receiver.js, `decompress`). */
  decompress(data: Buffer, isFinal: boolean, done: (error: Error | null, inflated?: Buffer) => void): void;
  cleanup(): void;
}

/** What server and client have agreed on (RFC 7692, section 7.1). */
export interface DeflateParams {
  readonly server_no_context_takeover?: true;
  readonly client_no_context_takeover?: true;
  readonly server_max_window_bits?: number;
  readonly client_max_window_bits?: number;
}

/** Replaces what ws inflates with, before it has read a byte. Returns whether the extension was negotiated. */
export function replaceInflate(webSocket: object, create: (params: DeflateParams) => MessageInflate): boolean {
  const { _extensions: extensions } = webSocket as EngineWebSocket;
  const params = extensions?.["permessage-deflate"]?.params;
  if (extensions === undefined || params === undefined || params === null) return false;
  extensions["permessage-deflate"] = create(params);
  return true;
}

/** Of a deflate stream with the largest window. */
const windowBitsMax = 15;

/** Whether messages may refer to those before, as far back as deflate can. */
export function hasSharedWindow(webSocket: EngineWebSocket): boolean {
  const params = webSocket._extensions?.["permessage-deflate"]?.params;
  if (params === undefined || params === null) return false;
  const { server_no_context_takeover: forgets, server_max_window_bits: windowBits = windowBitsMax } = params;
  return forgets !== true && windowBits === windowBitsMax;
}

/** A request as Engine.IO hands it to `allowRequest` (build/server.js, `handleRequest`). */
export interface EngineRequest extends IncomingMessage {
  /** Its response; there is none for an upgrade. */
  readonly res?: ServerResponse;
}

/** Engine.IO's code of a request that `allowRequest` refused (its README). */
export const forbiddenCode = 4;

/** engine.io build/server.js, `WebSocketResponse`: kept alive by a listener on the connection's socket. */
export interface UpgradeResponse {
  /** Used for its headers during the handshake only. */
  req: unknown;
}

/** A socket of socket.io (dist/socket.js): its constructor gives it a private id, CONNECT tells its client. Marked private. */
interface IdentifiedSocket {
  pid: string;
}

/** Gives a socket that has not joined yet another private id. */
export function setPrivateId(socket: object, pid: string): void {
  (socket as IdentifiedSocket).pid = pid;
}

/** What socket.io's `Server` hands to its adapters: turns a packet into strings and buffers. Marked private. */
export interface PacketEncoder {
  encode(packet: object): readonly unknown[];
}

/** The encoder of a namespace's server, or null when it is no longer there. */
export function encoderOf(namespace: { readonly server: { readonly encoder?: unknown } }): PacketEncoder | null {
  const encoder = namespace.server.encoder;
  const isEncoder = typeof encoder === "object" && encoder !== null && "encode" in encoder;
  return isEncoder && typeof encoder.encode === "function" ? (encoder as PacketEncoder) : null;
}

/** The member that direct writing to this WebSocket connection needs and does not find, or null. */
export function missingMember(conn: EngineConnection): string | null {
  const { transport } = conn;
  if (!Array.isArray(conn.writeBuffer)) return "engine.io Socket.writeBuffer";
  if (typeof transport.writable !== "boolean") return "engine.io Transport.writable";
  if (transport.socket === undefined) return "engine.io WebSocket.socket";
  if (typeof transport.socket.readyState !== "number") return "ws WebSocket.readyState";
  if (!(transport.socket._socket instanceof NetSocket)) return "ws WebSocket._socket";
  return null;
}

/** Warns of each missing member once: connections that lack one cannot be written to directly. */
export function createMissingReport(logger: Logger): (member: string) => void {
  const reported = new Set<string>();
  return (member) => {
    if (reported.has(member)) return;
    reported.add(member);
    logger.warn({ member }, "a member of Socket.IO, Engine.IO or ws is missing; such connections get the stock path");
  };
}

/** A raw deflate stream that compresses at once, in this thread: for small messages a thread pool costs more. */
export interface SyncDeflate {
  /**
   * Compresses `input` up to a sync flush, into `output` from `offset` on.
   *
   * @returns bytes written
   */
  write(input: Buffer, output: Buffer, offset: number): number;
  /** Forgets all that was written: what follows refers to nothing before. */
  reset(): void;
}

/** node:zlib lib/zlib.js, `processChunkSync`, of Node.js 20 to 24: the same, but it closes the stream at its end. */
interface DeflateInternals {
  readonly _handle?: {
    writeSync?(
      ...args: [flush: number, input: Buffer, from: number, bytes: number, output: Buffer, to: number, room: number]
    ): void;
  };
  /** What the last write left over: room in the output, bytes of the input. */
  readonly _writeState?: Uint32Array;
}

/** Level 9 saves 2 % more bytes of a market's stream, and takes half as long again; level 5 costs 14 %. */
const level = 6;

/** Null, and reported, where Node.js has no such member any more, or it does not do what it did. */
export function createSyncDeflate(reportMissing: (member: string) => void): SyncDeflate | null {
  const stream = createDeflateRaw({ level });
  const { _handle: handle, _writeState: state } = stream as DeflateInternals;
  if (typeof handle?.writeSync !== "function" || !(state instanceof Uint32Array)) {
    reportMissing("node:zlib DeflateRaw._handle.writeSync");
    return null;
  }
  const deflate: SyncDeflate = {
    write(input, output, offset) {
      const room = output.length - offset;
      handle.writeSync!(constants.Z_SYNC_FLUSH, input, 0, input.length, output, offset, room);
      const [roomLeft = 0, inputLeft = 0] = state;
      if (inputLeft > 0 || roomLeft === 0) throw new RangeError(`deflate: ${input.length} bytes do not fit ${room}`);
      return room - roomLeft;
    },
    reset: () => stream.reset(),
  };
  if (isDeflating(deflate)) return deflate;
  reportMissing("node:zlib DeflateRaw._writeState");
  return null;
}

function isDeflating(deflate: SyncDeflate): boolean {
  const sample = Buffer.from("a sample, and once more: a sample");
  const output = Buffer.alloc(256);
  try {
    const first = deflate.write(sample, output, 0);
    const second = deflate.write(sample, output, first);
    const inflated = inflateRawSync(output.subarray(0, first + second), { finishFlush: constants.Z_SYNC_FLUSH });
    return inflated.equals(Buffer.concat([sample, sample]));
  } catch {
    return false;
  } finally {
    deflate.reset();
  }
}
