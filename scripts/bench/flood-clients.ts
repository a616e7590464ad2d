/** The handshake flood of the flood benchmark: connections from many addresses that begin a session and never join. */
import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";
import { constants, setPriority } from "node:os";

export const floodKinds = ["polling", "websocket"] as const;
export type FloodKind = (typeof floodKinds)[number];

interface FloodOptions {
  readonly port: number;
  readonly kind: FloodKind;
  /** Connections open at a time, over all addresses. */
  readonly sockets: number;
  /** Loopback addresses 127.1.0.1 and up. */
  readonly addresses: number;
}

export interface Flooded {
  /** Sessions that the server began. */
  readonly accepted: number;
  readonly refused: number;
}

const requests: Readonly<Record<FloodKind, (port: number) => string>> = {
  polling: (port) => `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  websocket: (port) =>
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
    `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
};

const open = new Set<Socket>();
let isFlooding = false;
let accepted = 0;
let refused = 0;

/** Each connection makes one handshake, and the next one takes its place as soon as it is answered or dropped. */
function handshake(options: FloodOptions, index: number): void {
  if (!isFlooding) return;
  const localAddress = `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;
  const socket = connect({ port: options.port, host: "127.0.0.1", localAddress });
  open.add(socket);
  socket.write(requests[options.kind](options.port));
  socket.on("error", () => {});
  socket.once("data", (bytes) => {
    if (/^HTTP\/1\.1 (?:101|200) /.test(bytes.toString("latin1", 0, 13))) accepted += 1;
    else refused += 1;
    socket.destroy();
  });
  socket.once("close", () => {
    open.delete(socket);
    setImmediate(handshake, options, index);
  });
}

export const handlers = {
  /** Floods until `stop`. */
  start(options: FloodOptions): void {
    // Where there are two cores, the subscribers' process shares this one: its clock must not wait for the flood.
    setPriority(constants.priority.PRIORITY_LOW);
    isFlooding = true;
    for (let count = 0; count < options.sockets; count++) handshake(options, count % options.addresses);
  },

  /** Returns what the server has answered since `start`. */
  stop(): Flooded {
    isFlooding = false;
    for (const socket of open) socket.destroy();
    const flooded = { accepted, refused };
    accepted = 0;
    refused = 0;
    return flooded;
  },
};
