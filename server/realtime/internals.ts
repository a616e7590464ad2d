/**
 * Every member of Socket.IO, Engine.IO and ws that is used here without it being promised to stay.
 *
 * Read in the versions below; a test fails when others are installed, so that whoever upgrades reads
 * again. At run time each connection is looked at once, when its transport is set: one that lacks a
 * member is served by the stock path, so a surprise costs speed, never a delivery.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket as NetSocket } from "node:net";
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
  request: unknown;
  readonly remoteAddress: string;
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
  terminate(): void;
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
