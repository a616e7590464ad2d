/** The reference server's HTTP: requests read, problems and pages written, on bare node:http. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type SchemaPath, findViolations } from "../../../schemas/index.js";
import type { HasDefect } from "./defects.fixture.js";
import type { ReferenceWorld } from "./reference-world.fixture.js";

export type ReferenceBody = Record<string, unknown>;

export interface ReferenceRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface ReferenceReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export class ReferenceProblem extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly errors: readonly object[] | undefined;

  constructor(
    status: number,
    message: string,
    more: { headers?: Record<string, string>; errors?: readonly object[] } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.errors = more.errors;
  }
}

const bodyBytesMax = 64 * 1024;

export async function readRequest(request: IncomingMessage, has: HasDefect): Promise<ReferenceRequest> {
  const url = new URL(request.url ?? "/", "http://reference");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= bodyBytesMax || has("large-body-taken")) chunks.push(chunk as Buffer);
  }
  if (bytes > bodyBytesMax && !has("large-body-taken")) throw new ReferenceProblem(413, "The body is too large.");
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    text: Buffer.concat(chunks).toString("utf8"),
  };
}

/** The body as JSON; 400 and 415 where it is none. */
export function readJson(request: ReferenceRequest, has: HasDefect): unknown {
  const type = (request.headers["content-type"] ?? "").split(";")[0];
  if (type !== "application/json" && !has("any-media-type-taken"))
    throw new ReferenceProblem(415, `${type} is not taken here.`);
  if (has("one-point-zero-refused") && /:\d+\.0[,}]/.test(request.text))
    throw new ReferenceProblem(422, "No fractions here.", { errors: [{ pointer: "", keyword: "type", detail: "no" }] });
  if (/\\u[dD][89a-fA-F]/.test(request.text))
    throw new ReferenceProblem(422, "Escaped surrogates are not taken.", {
      errors: [{ pointer: "", keyword: "pattern", detail: "no" }],
    });
  try {
    return JSON.parse(request.text) as unknown;
  } catch (error) {
    if (has("malformed-json-fails")) throw error;
    throw new ReferenceProblem(400, "The body is not JSON.");
  }
}

/** The body, where it fits its schema and its sector is there; 422 otherwise. */
export function readBody(
  request: ReferenceRequest,
  schema: SchemaPath,
  { sectors }: ReferenceWorld,
  has: HasDefect,
): ReferenceBody {
  const body = readJson(request, has);
  const errors = findViolations(schema, body);
  if (has("broken-body-taken") && errors.every(({ keyword }) => keyword === "maxLength")) return body as ReferenceBody;
  if (errors.length > 0) throw new ReferenceProblem(422, "The body breaks its schema.", { errors });
  const { sectorId } = body as { sectorId?: unknown };
  if (typeof sectorId === "string" && !sectors.has(sectorId))
    throw new ReferenceProblem(422, "No such sector.", {
      errors: [{ pointer: "/sectorId", keyword: "known", detail: "is unknown" }],
    });
  return body as ReferenceBody;
}

/** One page of rows in their order; a cursor is the key of the last row shown. */
export function pageOf<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
  query: URLSearchParams,
  has: HasDefect,
): { data: readonly Row[]; nextCursor: string | null; hasMore: boolean } {
  const asked = query.get("limit") ?? "50";
  if ((!/^-?\d+$/.test(asked) || Number(asked) < 1) && !has("bad-limit-taken"))
    throw new ReferenceProblem(400, `limit ${asked} is no positive integer.`);
  const limit = has("limit-ignored") ? 1000 : Math.max(1, Math.min(Number(asked) || 50, 200));
  const cursor = query.get("cursor");
  let from = 0;
  if (cursor !== null) {
    const last = Buffer.from(cursor, "base64url").toString();
    from = rows.findIndex((row) => key(row) === last) + 1;
    if (from === 0) throw new ReferenceProblem(400, "The cursor is none of this list's.");
    if (has("page-repeats-row")) from -= 1;
    if (has("page-skips-row")) from += 1;
  }
  const data = rows.slice(from, from + limit);
  const hasMore = from + limit < rows.length;
  const nextCursor = hasMore ? Buffer.from(key(data.at(-1) as Row)).toString("base64url") : null;
  return { data, nextCursor, hasMore: has("has-more-always") ? true : hasMore };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  has: HasDefect,
  headers: Record<string, string> = {},
): void {
  const charset = has("body-in-latin-1") ? "iso-8859-1" : "utf-8";
  const type = has("json-as-html") ? "text/html" : `application/json; charset=${charset}`;
  const cache: Record<string, string> = has("live-values-cached")
    ? { "cache-control": "max-age=60" }
    : { "cache-control": "no-store" };
  response.writeHead(status, { "content-type": type, ...cache, ...headers });
  const mark = has("body-with-mark") ? "\uFEFF" : "";
  response.end(mark + JSON.stringify(body), has("body-in-latin-1") ? "latin1" : "utf8");
}

export function sendProblem(response: ServerResponse, error: unknown, path: string, has: HasDefect): void {
  const statusElse = error instanceof URIError ? 400 : 500;
  const problem = error instanceof ReferenceProblem ? error : new ReferenceProblem(statusElse, String(error));
  const { status, message, headers, errors } = problem;
  const body = {
    type: "about:blank",
    title: "Refused",
    status: has("problem-names-other-status") ? 400 + ((status + 1) % 100) : status,
    detail: message,
    instance: path,
    ...(errors === undefined || has("problem-without-places") ? {} : { errors }),
  };
  response.writeHead(status, {
    "content-type": has("problem-as-json") ? "application/json" : "application/problem+json",
    ...headers,
  });
  response.end(JSON.stringify(body));
}
