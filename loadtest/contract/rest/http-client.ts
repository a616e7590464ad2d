/**
 * Sends one request at a time limit, and turns everything that can go wrong on the way into a finding.
 *
 * Invariant: every request ends, whatever the server does: it hangs, closes, or streams for ever. After
 * a few that ended badly in a row the client gives up, so that a dead server does not cost a time
 * limit for each check.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type StallWatch, inconclusiveAfterStall } from "../../core/stall-tolerant-timer.js";
import type { CookieJar } from "../../core/cookies.js";
import { startDeadline } from "../../core/deadline.js";
import { BodyTooLargeError, findEncodingFault, isJsonType, mediaTypeOf, readBody } from "../../core/read-body.js";
import { type EventStream, openEventStream } from "./event-stream.js";
import { findExcess, findUnsafeJson } from "../../core/json-scan.js";
import type { Exchange, Judge } from "../core/findings.js";
import { excerpt } from "../../core/excerpt.js";
import type { RuleName } from "../core/rules.js";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string;
  /** For an answer that may take longer than others. @default the client's */
  readonly answerMsMax?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  /** Without parameters, in lower case; empty where there is none. */
  readonly mediaType: string;
  readonly text: string;
  /** Undefined where the text is not JSON. */
  readonly json: unknown;
  /** What is wrong with the encoding of a JSON body. */
  readonly encodingFault: string | undefined;
}

/** There was no answer that could be judged. The finding is recorded already. */
export class NoReplyError extends Error {
  override readonly name = "NoReplyError";
}

/** The answer is larger than what is judged: in bytes, or in what its JSON holds. */
class ExcessiveAnswerError extends Error {
  override readonly name = "ExcessiveAnswerError";
}

/** What the clients of one run know together. */
export interface SharedClientState {
  /** A server that was there and is gone has failed; one that never was there could not be judged. */
  isReached: boolean;
  /** Ids that were asked to be deleted. */
  readonly deleted: Set<string>;
  readonly cookies: CookieJar;
}

export interface HttpClientOptions {
  /** What paths are put behind, such as `http://localhost:8000`; without a slash at the end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answerMsMax: number;
  /** Ends what only reads; nothing more is sent then. */
  readonly signal: AbortSignal;
  /** Ends writes that are under way, too: until then they are waited for. */
  readonly grace: AbortSignal;
  readonly stalls: StallWatch;
  readonly shared: SharedClientState;
}

export interface HttpClient {
  /** True once it sends nothing more. */
  readonly givenUp: boolean;
  /** Ids that were asked to be deleted: an event may still speak of them. */
  readonly deleted: ReadonlySet<string>;
  /** Server-sent events of a path; undefined where the server does not answer in time. Rejects with the signal's reason. */
  openStream(path: string): Promise<EventStream | undefined>;
  /** The path that an answer to another path names, below the base; undefined where it is no address. */
  pathOf(location: string, answered: string): string | undefined;
  /** @throws {NoReplyError} */
  send(judge: Judge, subject: string, request: HttpRequest): Promise<HttpReply>;
}

type TimedRequest = HttpRequest & { readonly answerMsMax: number };

const bodyBytesMax = 8 * 1024 * 1024;
const failuresInARowMax = 3;
const resendsMax = 2;
/** Time to notice which connections are closed. */
const resendMs = 20;
/** The connection ended without an answer. */
const droppedCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** A server that limits its clients says how long to wait; that is its right, and no answer to the question. */
const retriesMax = 5;
const retryAfterMsMax = 5000;

function retryAfterMs(reply: HttpReply): number | undefined {
  const seconds = Number(reply.headers.get("retry-after") ?? Number.NaN);
  return reply.status === 429 && seconds * 1000 <= retryAfterMsMax ? seconds * 1000 : undefined;
}

function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === "string" ? cause.code : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Failure {
  readonly rule: RuleName;
  readonly detail: string;
}

function describeFailure(error: unknown, answerMsMax: number): Failure {
  if (error instanceof BodyTooLargeError)
    return { rule: "answer-size", detail: `the answer has no end within ${bodyBytesMax / 1024 / 1024} MiB` };
  if (error instanceof ExcessiveAnswerError) return { rule: "answer-size", detail: error.message };
  if ((error as Error).name === "TimeoutError")
    return { rule: "answer-in-time", detail: `no whole answer within ${answerMsMax} ms` };
  const { cause } = error as { cause?: Error };
  const reason = cause?.message ?? (error as Error).message;
  return { rule: "connection-kept", detail: `the connection ended without an answer (${reason})` };
}

async function readReply(response: Response): Promise<HttpReply> {
  const bytes = await readBody(response, bodyBytesMax);
  const contentType = response.headers.get("content-type") ?? "";
  const mediaType = mediaTypeOf(contentType);
  const text = new TextDecoder().decode(bytes);
  const excess = findExcess(text);
  if (excess !== undefined && isJsonType(mediaType)) throw new ExcessiveAnswerError(`the answer ${excess}`);
  return {
    status: response.status,
    headers: response.headers,
    mediaType,
    text,
    json: excess === undefined ? parse(text) : undefined,
    encodingFault: isJsonType(mediaType) ? findEncodingFault(bytes, contentType) : undefined,
  };
}

/** Characters of a request's body that a finding repeats whole. */
const bodyShownMax = 4096;
const answerShownMax = 2000;

function requestShown({ method, path, headers = {}, json, body }: HttpRequest): Exchange["request"] {
  const text = json === undefined ? body : JSON.stringify(json);
  const isCut = text !== undefined && text.length > bodyShownMax;
  const shown = isCut ? text.slice(0, 200) : text;
  return { method, path: excerpt(path), headers, ...(shown === undefined ? {} : { body: shown }), isCut };
}

/** Judges what every answer must be, whatever was asked for. */
function judgeReply(judge: Judge, subject: string, reply: HttpReply): void {
  for (const rule of ["answer-in-time", "connection-kept", "answer-size"] as const)
    judge.check(rule, subject, true, () => ({ detail: "" }));
  if (!isJsonType(reply.mediaType) || reply.text === "") return;
  judge.check("json-encoding", subject, reply.encodingFault === undefined, () => ({
    detail: `the body ${reply.encodingFault}`,
    value: reply.headers.get("content-type"),
  }));
  for (const input of findUnsafeJson(reply.text))
    judge.check(input.rule, subject, false, () => ({ ...input, example: reply.text.slice(0, 500) }));
}

class JudgingHttpClient implements HttpClient {
  readonly #options: HttpClientOptions;
  #failuresInARow = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  get deleted(): ReadonlySet<string> {
    return this.#options.shared.deleted;
  }

  get givenUp(): boolean {
    return this.#failuresInARow >= failuresInARowMax;
  }

  openStream(path: string): Promise<EventStream | undefined> {
    const { base, headers, shared } = this.#options;
    return openEventStream(new URL(base + path), { ...this.#options, headers: shared.cookies.addTo(headers) });
  }

  pathOf(location: string, answered: string): string | undefined {
    const base = this.#options.base + answered;
    if (!URL.canParse(location, base)) return undefined;
    const { protocol, pathname, search } = new URL(location, base);
    if (!/^https?:$/.test(protocol)) return undefined;
    // Only the path: behind a proxy the server need not know its own address, nor the prefix there.
    const prefix = new URL(this.#options.base).pathname.replace(/\/$/, "");
    return (pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname) + search;
  }

  async send(judge: Judge, subject: string, asked: HttpRequest): Promise<HttpReply> {
    const { signal, shared } = this.#options;
    signal.throwIfAborted();
    if (this.givenUp) throw new NoReplyError(`given up after ${this.#failuresInARow} requests without an answer`);
    if (asked.method === "DELETE") shared.deleted.add(decodeURIComponent(asked.path.split("/").at(-1) ?? ""));
    const { answerMsMax = this.#options.answerMsMax } = asked;
    const sinceMs = performance.now();
    const request = requestShown(asked);
    judge.noteExchange({ request });
    let reply;
    try {
      reply = await this.#requestWithinRate({ ...asked, answerMsMax });
    } catch (error) {
      signal.throwIfAborted();
      shared.isReached = true;
      this.#failuresInARow += 1;
      const { rule, detail } = describeFailure(error, answerMsMax);
      // A server closes connections on which nothing is said for some seconds.
      const inconclusive =
        rule === "connection-kept" ? inconclusiveAfterStall(this.#options.stalls, sinceMs) : undefined;
      judge.check(rule, subject, false, () => ({ detail, inconclusive }));
      throw new NoReplyError(detail, { cause: error });
    }
    shared.isReached = true;
    this.#failuresInARow = 0;
    const { status, mediaType, text } = reply;
    judge.noteExchange({ request, answer: { status, mediaType, body: text.slice(0, answerShownMax) } });
    judgeReply(judge, subject, reply);
    return reply;
  }

  /** Waits and asks again where the server says that it limits its clients. */
  async #requestWithinRate(asked: TimedRequest): Promise<HttpReply> {
    let reply = await this.#requestAgain(asked);
    for (let retries = 0; retries < retriesMax; retries += 1) {
      const waitMs = retryAfterMs(reply);
      if (waitMs === undefined) break;
      await delay(waitMs, undefined, { signal: this.#options.signal });
      reply = await this.#requestAgain(asked);
    }
    return reply;
  }

  /**
   * Any server may close a connection that stood idle, just when it is used again; then the request is sent
   * again, as HTTP clients do. More than once, because the other connections stood idle, too.
   */
  async #requestAgain(asked: TimedRequest): Promise<HttpReply> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#request(asked);
      } catch (error) {
        if (!this.#options.shared.isReached || tries > resendsMax || !droppedCodes.has(codeOf(error))) throw error;
        await delay(resendMs);
      }
    }
  }

  async #request({ method, path, headers, json, body, answerMsMax }: TimedRequest): Promise<HttpReply> {
    const { base, shared, signal, grace } = this.#options;
    const payload = json === undefined ? body : JSON.stringify(json);
    // A write that is on its way is waited for: what it made has to be known to be taken away again.
    const isRead = method === "GET" || method === "HEAD";
    const deadline = startDeadline(answerMsMax, isRead ? signal : grace);
    try {
      const response = await fetch(new URL(base + path), {
        method,
        redirect: "manual",
        headers: shared.cookies.addTo({
          Accept: "application/json, application/problem+json",
          ...(payload === undefined ? {} : { "Content-Type": "application/json" }),
          ...this.#options.headers,
          ...headers,
        }),
        ...(payload === undefined ? {} : { body: payload }),
        signal: deadline.signal,
      });
      shared.cookies.store(response.headers.getSetCookie());
      return await readReply(response);
    } finally {
      deadline.cancel();
    }
  }
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new JudgingHttpClient(options);
}
