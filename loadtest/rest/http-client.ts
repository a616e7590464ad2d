/**
 * Requests to one address over kept-open connections.
 *
 * Invariant: each request ends with one outcome whatever the server does, once: a server that dies, lies or sends
 * without end must not end the load test.
 */
import { type Dispatcher, Pool, errors } from "undici";
import { monotonicMs } from "../core/monotonic.js";
import { type Outcome, findFault } from "./answer.js";
import type { PlannedRequest, RouteRules } from "./request-source.js";

/** From when a request is due to the end of its answer. */
const answerMsMax = 10_000;
/** How often those are looked for whose time is over. */
const lookEveryMs = 25;
const bodyBytesMax = 2 * 1024 * 1024;
const tooLarge = `no end within ${bodyBytesMax / 1024 / 1024} MiB`;
/** What is due beyond so many without an outcome is not sent: it bounds the memory that a silent server can take. */
const openMax = 20_000;

type Finished = (outcome: Outcome) => void;

function describe(error: Error & { readonly code?: string }): string {
  if (error instanceof errors.SocketError) return "closed without an answer";
  return error.code ?? error.message;
}

/** The server may have closed an idle connection just when it was used again, as it may at any time. */
function isStale(error: Error): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0;
}

/** One request on its way. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly dueMs: number;
  readonly #pool: Pool;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #rules: RouteRules;
  readonly #finish: Finished;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #contentType = "";
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;
  #isRepeated = false;

  constructor(pool: Pool, options: Dispatcher.DispatchOptions, dueMs: number, rules: RouteRules, finish: Finished) {
    this.#pool = pool;
    this.#options = options;
    this.dueMs = dueMs;
    this.#rules = rules;
    this.#finish = finish;
  }

  send(): void {
    this.#pool.dispatch(this.#options, this);
  }

  giveUp(why: string): void {
    this.#end({ kind: "unanswered", why });
    this.#controller?.abort(new Error(why));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("given up"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: NodeJS.Dict<string | string[]>): void {
    this.#status = status;
    this.#contentType = [headers["content-type"] ?? ""].flat().join(", ");
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes > bodyBytesMax) this.giveUp(tooLarge);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks);
    const why = findFault({ status: this.#status, contentType: this.#contentType, body }, this.#rules);
    this.#end(why === undefined ? { kind: "answered" } : { kind: "failed", why });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const isSafe = this.#rules.method === "GET" || this.#rules.method === "HEAD";
    if (this.#isOver || !isSafe || this.#isRepeated || this.#status > 0 || !isStale(error))
      return this.#end({ kind: "unanswered", why: describe(error) });
    this.#isRepeated = true;
    this.#controller = undefined;
    this.send();
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(outcome);
  }
}

export interface HttpClientOptions {
  /** Origin, and what stands before every path. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The most connections. */
  readonly connections: number;
}

export class HttpClient {
  /** Requests that found all connections waiting for answers. */
  waited = 0;
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #connections: number;
  /** In the order in which they were due: the first to be given up is the first. */
  readonly #open = new Set<Exchange>();
  readonly #looking: NodeJS.Timeout;
  readonly #whenEmpty: (() => void)[] = [];

  constructor({ base, headers, connections }: HttpClientOptions) {
    const { origin, pathname } = new URL(base);
    this.#prefix = pathname.replace(/\/$/, "");
    this.#headers = headers;
    this.#connections = connections;
    // Each request has its own time, from when it was due.
    const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 };
    this.#pool = new Pool(origin, { connections, pipelining: 1, ...noTimeouts, connectTimeout: answerMsMax });
    this.#looking = setInterval(() => this.#giveUpOld(monotonicMs() - answerMsMax), lookEveryMs);
  }

  /** @param dueMs on the monotonic clock, not before that of the last request */
  send(request: PlannedRequest, rules: RouteRules, dueMs: number, finish: Finished): void {
    if (this.#open.size >= openMax) return finish({ kind: "unanswered", why: `not sent behind ${openMax} that wait` });
    if (this.#open.size >= this.#connections) this.waited += 1;
    const options = {
      path: this.#prefix + request.path,
      method: rules.method,
      headers: { ...this.#headers, accept: rules.mediaType, ...request.headers },
      body: request.body ?? null,
    };
    const exchange: Exchange = new Exchange(this.#pool, options, dueMs, rules, (outcome) => {
      this.#open.delete(exchange);
      finish(outcome);
      if (this.#open.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    });
    this.#open.add(exchange);
    exchange.send();
  }

  /** Resolves once every request has its outcome, or `signal` gives up those without one. */
  async finish(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#giveUpOld(Infinity, "the run was over");
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    signal.removeEventListener("abort", abort);
    clearInterval(this.#looking);
    await this.#pool.destroy();
  }

  #giveUpOld(beforeMs: number, why = "no whole answer in time"): void {
    for (const exchange of this.#open) {
      if (exchange.dueMs > beforeMs) return;
      exchange.giveUp(why);
    }
  }
}
