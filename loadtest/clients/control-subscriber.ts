/**
 * A subscriber with the stock socket.io-client: the control that the thin ones are held against.
 *
 * It compares what the application gets, so that a fault of our own framing code cannot hide itself: the
 * text of an event counts only where it says the same as the arguments. Without that text, a server that
 * writes numbers or letters in another way than `JSON.stringify` would have another stream here.
 * It never reconnects: a lost connection is a finding.
 */
import { type Socket, io } from "socket.io-client";
import { verifiesCertificates } from "../core/certificates.js";
import { monotonicMs } from "../core/monotonic.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { noCompression } from "../core/no-compression.js";
import { boundTransport } from "./bounded-transport.js";
import { messageBytesMax } from "./message-reader.js";
import { type ProtocolViolation, violation } from "./protocol-violation.js";
import { reasonOfRefusal } from "../core/refusal-reason.js";
import { seedCookies } from "../core/seed-cookies.js";
import type { SubscriberTarget } from "../core/target.js";
import type { Subscriber, SubscriberEvents } from "./subscriber.js";

/** An event of the default namespace, as a Socket.IO packet. */
const eventPacket = /^2(?=\[)/;

/** An error of the stock client, with what its transports add: an event of `ws`, or the request of a poll. */
type ConnectError = Error & {
  /** Of a poll, the status of the answer. */
  readonly description?: number | { readonly error?: unknown };
  readonly context?: { readonly statusText?: unknown; readonly responseText?: string };
};

/** Options for `io`; Engine.IO hands the first on to `ws`, and its types do not know it. */
export const stockClientOptions = {
  maxPayload: messageBytesMax,
  // As everything else in Node does; Engine.IO alone does not look.
  get rejectUnauthorized() {
    return verifiesCertificates();
  },
  ...noCompression,
};

export class ControlSubscriber implements Subscriber {
  readonly kind: "websocket" | "polling";
  matcher: StreamMatcher;
  readonly #socket: Socket;
  #events: SubscriberEvents;
  readonly #headers: SubscriberTarget["headers"];
  /** Events on their way through the client, as they came. */
  readonly #texts: string[] = [];
  #isConnected = false;
  #isOver = false;

  constructor(
    kind: "websocket" | "polling",
    target: SubscriberTarget,
    matcher: StreamMatcher,
    events: SubscriberEvents,
  ) {
    this.kind = kind;
    this.matcher = matcher;
    this.#events = events;
    this.#headers = target.headers;
    this.#socket = io(target.origin, {
      path: target.path,
      transports: [boundTransport(kind, (reason) => this.#end(reason))],
      // A balancer that is sticky by cookie keeps a session's requests together; a WebSocket is one request.
      withCredentials: kind === "polling",
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      ...stockClientOptions,
      extraHeaders: { ...target.headers },
      ...(target.auth === undefined ? {} : { auth: { ...target.auth } }),
    });
    this.#listen();
  }

  open(): void {
    this.#socket.connect();
    seedCookies(this.#socket, this.#headers);
    this.#socket.io.engine.on("packet", ({ type, data }: { readonly type: string; readonly data?: unknown }) => {
      if (type === "message" && typeof data === "string" && eventPacket.test(data)) this.#texts.push(data.slice(1));
    });
  }

  close(): void {
    this.#isOver = true;
    this.#socket.disconnect();
  }

  rebind(matcher: StreamMatcher, events: SubscriberEvents): void {
    this.matcher = matcher;
    this.#events = events;
  }

  /** The stock client cannot stop reading. */
  pause(): void {}

  resume(): void {}

  /** The stock client watches the heartbeat itself and disconnects. */
  isAlive(): boolean {
    return true;
  }

  #listen(): void {
    this.#socket.onAny((...args: unknown[]) =>
      this.#events.judged(this.matcher, this.matcher.frame(this.#textOf(args), monotonicMs())),
    );
    this.#socket.on("connect", () => {
      this.#isConnected = true;
      this.#events.connected(this, monotonicMs());
    });
    this.#socket.on("connect_error", (error) => this.#fail(describeError(error), error));
    this.#socket.on("disconnect", (reason, details) => this.#fail(reason, details));
  }

  /** The client has closed the connection, perhaps for what the server sent. */
  #fail(reason: string, details: unknown): void {
    const found = findViolation(reason, details);
    if (found !== undefined && !this.#isOver) this.#events.violated(found);
    this.#end(found?.fault.detail ?? reason);
  }

  #textOf(args: readonly unknown[]): string {
    const given = JSON.stringify(args);
    const text = this.#texts.shift();
    const whole = text !== undefined && JSON.stringify(JSON.parse(text)) === given ? text : given;
    // With connection state recovery the last argument is the offset.
    return isRecoverable(this.#socket) ? whole.replace(/,"[^"\\]*"\]$/, "]") : whole;
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
    if (this.#isConnected) this.#events.dropped(this, reason);
    else this.#events.refused(this, reason);
  }
}

/** The stock client keeps the id of a session that the server can take up again to itself. */
function isRecoverable(socket: Socket): boolean {
  return (socket as unknown as { readonly _pid?: unknown })._pid !== undefined;
}

/** What the server broke, where that is why the stock client closed the connection. */
export function findViolation(reason: string, details: unknown): ProtocolViolation | undefined {
  if (reason === "parse error") return violation("Socket.IO", "parse", `the stock client: ${String(details)}`);
  const { code, description } = (details ?? {}) as { readonly code?: unknown; readonly description?: unknown };
  if (code === "parser error") return violation("Engine.IO", "parse", "the stock client: a packet of no type");
  const error = (description as { readonly error?: NodeJS.ErrnoException } | undefined)?.error;
  return error?.code?.startsWith("WS_ERR_") === true
    ? violation("WebSocket", error.code, `the stock client: ${error.message}`)
    : undefined;
}

/** What lies behind "websocket error" and "xhr poll error": it tells whether the server refused or this system ran short. */
function describeError({ description, context, message }: ConnectError): string {
  if (typeof description === "number" && description > 0)
    return reasonOfRefusal(description, context?.responseText ?? "");
  const cause = typeof description === "object" ? description.error : context?.statusText;
  if (!(cause instanceof Error)) return message;
  const status = /^Unexpected server response: (\d+)$/.exec(cause.message)?.[1];
  if (status !== undefined) return reasonOfRefusal(status, "");
  return "code" in cause ? String(cause.code) : cause.message;
}
