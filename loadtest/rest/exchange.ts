/**
 * One request and its whole answer, within a time and a size.
 *
 * Invariant: it ends with an outcome whatever the server does, and never rejects: a server that dies, lies or
 * sends without end must not end the load test.
 */
import { type Agent, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { findEncodingFault, mediaTypeOf } from "../core/read-body.js";

export interface ExchangeRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Media type that the answer must have. */
  readonly mediaType: string;
  readonly agent: Agent;
  /** Milliseconds until the last byte of the answer. */
  readonly withinMs: number;
  /** Gives the request up. */
  readonly signal: AbortSignal;
}

/** What became of a request, and why it is not what was asked for. */
export type Outcome =
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "unanswered"; readonly why: string };

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

interface NoAnswer {
  readonly why: string;
  /** The server may have closed an idle connection just when it was used again, as it may at any time. */
  readonly isStale: boolean;
}

const bodyBytesMax = 2 * 1024 * 1024;
const tooLarge = `no end within ${bodyBytesMax / 1024 / 1024} MiB`;

function send(asked: ExchangeRequest): Promise<Answer | NoAnswer> {
  const { url, method, headers, body, agent, withinMs, signal } = asked;
  return new Promise((resolve) => {
    const startRequest = url.protocol === "https:" ? requestHttps : requestHttp;
    const request = startRequest(url, { method, headers, agent });
    let isDone = false;
    const end = (result: Answer | NoAnswer): void => {
      isDone = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupt);
      resolve(result);
    };
    const fail = (why: string, isStale = false): void => {
      if (isDone) return;
      end({ why, isStale });
      request.destroy();
    };
    const interrupt = (): void => fail("the run was over");
    const timer = setTimeout(() => fail("no whole answer in time"), withinMs);
    signal.addEventListener("abort", interrupt, { once: true });
    request.on("error", (error: NodeJS.ErrnoException) => {
      fail(error.code ?? error.message, request.reusedSocket && error.code === "ECONNRESET");
    });
    request.on("close", () => fail("closed without an answer"));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > bodyBytesMax) fail(tooLarge);
      });
      response.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      response.on("end", () => {
        const { statusCode = 0, headers: received } = response;
        end({ status: statusCode, contentType: received["content-type"] ?? "", body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

/** Why an answer is not the resource; undefined where it is. */
function findFault({ status, contentType, body }: Answer, mediaType: string): string | undefined {
  if (status < 200 || status > 299) return String(status);
  if (body.length === 0) return `${status} with an empty body`;
  const given = mediaTypeOf(contentType);
  if (given !== mediaType)
    return `${status} as ${given === "" ? "no media type" : given.slice(0, 60)} instead of ${mediaType}`;
  if (mediaType !== "application/json") return undefined;
  const fault = findEncodingFault(body, contentType);
  if (fault !== undefined) return `${status} with JSON that ${fault}`;
  return isJson(body) ? undefined : `${status} with a body that is not JSON`;
}

export async function exchange(asked: ExchangeRequest): Promise<Outcome> {
  let answer = await send(asked);
  if ("why" in answer && answer.isStale && asked.method === "GET") answer = await send(asked);
  if ("why" in answer) return { kind: "unanswered", why: answer.why };
  const why = findFault(answer, asked.mediaType);
  return why === undefined ? { kind: "answered" } : { kind: "failed", why };
}
