/**
 * One subscriber: a stock Socket.IO client on one transport, with the raw text of every packet.
 *
 * The handshake is looked at before the client gets it, because engine.io-client throws out of a
 * timer on one that is not JSON, and nobody could catch that.
 */
import { type Socket, io } from "socket.io-client";
import { boundTransport } from "../../clients/bounded-transport.js";
import { findViolation, stockClientOptions } from "../../clients/control-subscriber.js";
import { seedCookies } from "../../core/seed-cookies.js";
import type { Target } from "../../core/target.js";
import { startStallTolerantTimer } from "../../core/stall-tolerant-timer.js";
import { startDeadline } from "../../core/deadline.js";
import { readBody } from "../../core/read-body.js";

const handshakeBytesMax = 64 * 1024;
/** The longest that a timer takes. */
const noTimeoutMs = 2 ** 31 - 1;

export type Transport = "websocket" | "polling";

export interface SubscriberOptions {
  /** Its cookies are shared with REST, so that a balancer leads both to one server. */
  readonly target: Target;
  readonly transport: Transport;
  readonly connectMsMax: number;
  /** Told of each Socket.IO packet, in order, as text; of another packet with nothing. */
  readonly onPacket: (packet: string | undefined) => void;
  /** Told once, when the connection is gone and it was not `close` that ended it. */
  readonly onLost: (reason: string) => void;
}

export interface Subscriber {
  close(): void;
}

/** Why a subscriber could not connect. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
}

interface EnginePacket {
  type: string;
  readonly data?: unknown;
}

function isHandshake(data: unknown): boolean {
  if (typeof data !== "string") return false;
  try {
    const handshake = JSON.parse(data) as Record<string, unknown> | null;
    return (
      typeof handshake?.["sid"] === "string" &&
      Array.isArray(handshake["upgrades"]) &&
      typeof handshake["pingInterval"] === "number" &&
      typeof handshake["pingTimeout"] === "number"
    );
  } catch {
    return false;
  }
}

/**
 * Asks for a polling handshake by hand. The stock client cannot be stopped before its handshake is
 * answered, so one that hangs or has no end would outlive the run.
 */
async function requireHandshake({ target, connectMsMax }: SubscriberOptions): Promise<void> {
  const { origin, path, headers } = target.subscribers;
  const address = `${origin}${path}?EIO=4&transport=polling`;
  const deadline = startDeadline(connectMsMax);
  try {
    const response = await fetch(address, { headers, signal: deadline.signal });
    const text = (await readBody(response, handshakeBytesMax)).toString("utf8");
    if (response.status !== 200)
      throw new ConnectError(`the handshake was answered ${response.status} ${text.slice(0, 80)}`);
    if (!text.startsWith("0") || !isHandshake(text.slice(1))) {
      throw new ConnectError(`the handshake is not one of Engine.IO 4: ${JSON.stringify(text.slice(0, 80))}`);
    }
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    target.cookies.store(response.headers.getSetCookie());
    // Lets the session go again; a server that minds will notice by itself.
    await fetch(`${address}&sid=${encodeURIComponent(sid)}`, {
      method: "POST",
      headers: target.subscribers.headers,
      body: "1",
      signal: deadline.signal,
    }).then(
      async (reply) => await readBody(reply, handshakeBytesMax),
      () => undefined,
    );
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (deadline.isOver) throw new ConnectError(`no handshake within ${connectMsMax} ms`, { cause: error });
    const { cause } = error as { cause?: Error };
    throw new ConnectError(`the handshake failed: ${cause?.message ?? (error as Error).message}`, { cause: error });
  } finally {
    deadline.cancel();
  }
}

/** A stock client that does not connect yet; `end` is called with what it received beyond its bounds. */
function createClient({ target, transport }: SubscriberOptions, end: (why: string) => void): Socket {
  const { origin, path, headers } = target.subscribers;
  return io(origin, {
    path,
    transports: [boundTransport(transport, end)],
    // A balancer that is sticky by cookie keeps a session's requests together; a WebSocket is one request.
    withCredentials: transport === "polling",
    upgrade: false,
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    ...stockClientOptions,
    // Our own timer knows when this process itself stood still.
    timeout: noTimeoutMs,
    extraHeaders: { ...headers },
  });
}

/** Resolves once the default namespace is joined. */
export async function openSubscriber(options: SubscriberOptions): Promise<Subscriber> {
  if (options.transport === "polling") await requireHandshake(options);
  let endedBecause: string | undefined;
  let end = (_why: string): void => {};
  const socket = createClient(options, (why) => end(why));
  let isClosed = false;

  await new Promise<void>((resolve, reject) => {
    // The client's own timeout ends with the engine's handshake; a server may also never let one into the namespace.
    const timer = startStallTolerantTimer(options.connectMsMax, () =>
      fail(`no session within ${options.connectMsMax} ms`),
    );
    function fail(why: string): void {
      timer.cancel();
      isClosed = true;
      socket.disconnect();
      reject(new ConnectError(why));
    }
    end = (why) => {
      endedBecause = why;
      if (socket.connected) socket.disconnect();
      else fail(why);
    };
    socket.once("connect_error", (error) => {
      const { description } = error as { description?: unknown };
      const cause = description instanceof Error || typeof description === "number" ? ` (${String(description)})` : "";
      fail(`${error.message}${cause}`);
    });
    socket.once("connect", () => {
      timer.cancel();
      resolve();
    });
    socket.once("disconnect", (reason, details) => {
      timer.cancel();
      const why = endedBecause ?? findViolation(reason, details)?.fault.detail ?? reason;
      if (!isClosed) options.onLost(why);
      reject(new ConnectError(`the connection ended (${why})`));
    });
    socket.connect();
    seedCookies(socket, options.target.subscribers.headers);
    const { engine } = socket.io;
    engine.on("packet", (packet: EnginePacket) => {
      if (packet.type === "open" && !isHandshake(packet.data)) {
        const text = JSON.stringify(packet.data)?.slice(0, 80) ?? "nothing";
        packet.type = "noop";
        fail(`the handshake is not one of Engine.IO 4: ${text}`);
      } else options.onPacket(packet.type === "message" && typeof packet.data === "string" ? packet.data : undefined);
    });
  });

  return {
    close() {
      isClosed = true;
      socket.disconnect();
    },
  };
}
