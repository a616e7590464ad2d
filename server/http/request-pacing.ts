/**
 * Hands each connection's requests to Node's HTTP parser one at a time, within the turn's budget.
 *
 * Node parses whatever it has read, up to 64 KiB a read and 32 reads a turn, before anybody else gets a turn: tens of
 * thousands of pipelined requests, each with its answer in memory. Here a connection's next request is parsed when
 * the answer before it has gone to the kernel. What has been read of later ones goes back into the socket's own
 * buffer and the socket is paused, so that the peer's window closes.
 *
 * Read in Node 20.19 to 24 (lib/_http_server.js): the HTTP server follows a connection through one `data` listener,
 * must not be handed bytes while `socket._paused`, and keeps the answer under way in `socket._httpMessage`.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TurnBudget } from "./turn-budget.js";
import { type AnsweringSocket, UnreadAnswers, type UnreadLimits } from "./unread-answers.js";

export interface PacingLimits extends UnreadLimits {
  /** Requests may keep the event loop so long in one of its turns. Milliseconds. @default 8 */
  readonly turnMsMax: number;
}

/** What Node's HTTP server keeps at a connection. */
interface HttpSocket extends AnsweringSocket {
  /** Node waits for `drain`, and resumes the socket after it. */
  readonly _paused?: boolean;
}

type Parse = (bytes: Buffer) => void;

/** Where the first empty line ends: a piece with one such line completes at most one request's headers. */
function endOfHeaders(bytes: Buffer): number {
  let lineFeed = bytes.indexOf(10);
  while (lineFeed !== -1) {
    const next = bytes[lineFeed + 1] === 13 ? lineFeed + 2 : lineFeed + 1;
    if (bytes[next] === 10) return next + 1;
    lineFeed = bytes.indexOf(10, lineFeed + 1);
  }
  return bytes.length;
}

/** Whether the request that is being answered still has body to come, and room for it. */
function takesBody({ complete, readableLength, readableHighWaterMark }: IncomingMessage): boolean {
  return !complete && readableLength < readableHighWaterMark;
}

class PacedConnection {
  readonly #socket: HttpSocket;
  readonly #parse: Parse;
  readonly #budget: TurnBudget;
  /** The answer at whose end what is held goes on. */
  #followed: ServerResponse | undefined;
  #isQueued = false;

  constructor(socket: HttpSocket, parse: Parse, budget: TurnBudget) {
    this.#socket = socket;
    this.#parse = parse;
    this.#budget = budget;
  }

  /** The socket's `data` listener. */
  readonly onData = (bytes: Buffer): void => {
    // After the last answer, or what is no HTTP: nothing that still comes is a request.
    if (!this.#socket.writable) return;
    if (!this.#isReady()) {
      this.#hold(bytes);
      this.#followAnswer();
      return;
    }
    if (!this.#budget.take()) {
      this.#hold(bytes);
      this.#enqueue();
      return;
    }
    const end = endOfHeaders(bytes);
    if (end === bytes.length) {
      this.#parse(bytes);
      return;
    }
    // Before parsing: an upgrade takes over the socket with what is left in it.
    this.#hold(bytes.subarray(end));
    this.#parse(bytes.subarray(0, end));
    if (this.#isReady()) this.#enqueue();
    else this.#followAnswer();
  };

  #isReady(): boolean {
    const { _httpMessage: answer, _paused: isPaused } = this.#socket;
    return isPaused !== true && (answer === undefined || answer === null || takesBody(answer.req));
  }

  #hold(bytes: Buffer): void {
    this.#socket.pause();
    this.#socket.unshift(bytes);
  }

  #enqueue(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#budget.enqueue(this.#resume);
  }

  readonly #resume = (): void => {
    this.#isQueued = false;
    this.#socket.resume();
  };

  /** Without an answer under way it is Node that has paused the socket, and resumes it. */
  #followAnswer(): void {
    const answer = this.#socket._httpMessage;
    if (answer === undefined || answer === null || answer === this.#followed) return;
    this.#followed = answer;
    answer.once("close", this.#onAnswered);
  }

  readonly #onAnswered = (): void => {
    this.#followed = undefined;
    if (this.#socket.isPaused() && !this.#socket.destroyed) this.#enqueue();
  };
}

/** Paces the requests of all connections that the server accepts from now on. */
export function paceRequests(server: Server, limits: PacingLimits): void {
  const budget = new TurnBudget(limits.turnMsMax);
  const unread = new UnreadAnswers(limits);
  const connections = new WeakMap<Socket, PacedConnection>();
  server.on("connection", (socket) => {
    const [parse] = socket.listeners("data") as [Parse];
    const connection = new PacedConnection(socket, parse, budget);
    connections.set(socket, connection);
    unread.add(socket);
    socket.on("data", connection.onData);
    socket.off("data", parse);
  });
  server.prependListener("upgrade", (_request, socket) => {
    const connection = connections.get(socket as Socket);
    if (connection === undefined) return;
    socket.off("data", connection.onData);
    unread.delete(socket as Socket);
  });
  server.on("listening", () => unread.start());
  server.on("close", () => unread.stop());
}
