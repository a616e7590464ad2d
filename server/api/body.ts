/**
 * Reads a request's body and holds it to its schema.
 *
 * The media type is checked here alone: koa-bodyparser answers a type that it does not take with an empty object, so
 * it is told that every body which comes to it is JSON. It is not strict, so that a body such as `5` reaches its
 * schema and gets a pointer.
 */
import { isUtf8 } from "node:buffer";
import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { Context } from "koa";
import bodyParser from "koa-bodyparser";
import {
  type AgentCreate,
  type AgentPatch,
  type DiscussionCreate,
  type DiscussionPatch,
  type MessageCreate,
  type SectorCreate,
  type SectorPatch,
  type SimulationReset,
  type SimulationSeek,
  type SimulationSpeed,
  type SimulationStep,
  type Violation,
  findViolations,
} from "../../schemas/index.js";
import { pointerTo } from "../../schemas/json-pointer.js";
import { ProblemError } from "../http/problems.js";

/** The schema of every body that the API takes, and its type. */
interface Bodies {
  "requests/agent-create.schema.json": AgentCreate;
  "requests/agent-patch.schema.json": AgentPatch;
  "requests/discussion-create.schema.json": DiscussionCreate;
  "requests/discussion-patch.schema.json": DiscussionPatch;
  "requests/message-create.schema.json": MessageCreate;
  "requests/sector-create.schema.json": SectorCreate;
  "requests/sector-patch.schema.json": SectorPatch;
  "requests/simulation-reset.schema.json": SimulationReset;
  "requests/simulation-seek.schema.json": SimulationSeek;
  "requests/simulation-speed.schema.json": SimulationSpeed;
  "requests/simulation-step.schema.json": SimulationStep;
}

type BodySchema = keyof Bodies;

/** Bodies are small: 4,000 characters of a message are the largest part of any. */
export const bodyBytesMax = 64 * 1024;

const parse = bodyParser({
  enableTypes: ["json"],
  detectJSON: () => true,
  jsonLimit: `${bodyBytesMax}b`,
  strict: false,
});

const noNext = async (): Promise<void> => {};

function acceptedTypes(method: string): string[] {
  return method === "PATCH" ? ["application/json", "application/merge-patch+json"] : ["application/json"];
}

function hasBody(context: Context): boolean {
  return (
    context.req.headers["transfer-encoding"] !== undefined || Number(context.req.headers["content-length"] ?? 0) > 0
  );
}

/**
 * Throws 415 for a body that is not JSON in UTF-8 (RFC 8259, section 8.1: JSON between systems is UTF-8; read as such,
 * anything else would be stored mangled). Parameters that say nothing of the charset are ignored, as `; utf-8` is.
 */
function requireJson(context: Context): void {
  const given = context.get("content-type");
  const accepted = acceptedTypes(context.method);
  const [type = "", ...parameters] = given.toLowerCase().split(";");
  if (!accepted.includes(type.trim())) {
    throw new ProblemError(
      "unsupported-media-type",
      given === ""
        ? "The body has no Content-Type; send application/json."
        : `${given} is not taken here; send ${accepted.join(" or ")}.`,
      { headers: { Accept: accepted.join(", ") } },
    );
  }
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(parameter)?.[1];
    if (charset === undefined || /^utf-?8$/.test(charset)) continue;
    throw new ProblemError("unsupported-media-type", `JSON in ${charset} is not taken here; send UTF-8.`);
  }
}

/** The bytes of a body that the parser has unpacked, and found within the limit, before. */
function unpack(bytes: Buffer, encoding = "identity"): Buffer {
  if (encoding === "identity") return bytes;
  return encoding === "br" ? brotliDecompressSync(bytes) : unzipSync(bytes);
}

/** Throws 400 for what is not UTF-8: the parser has put U+FFFD in its place, which would be stored. */
function requireUtf8(context: Context, chunks: readonly Buffer[]): void {
  const { rawBody } = context.request;
  if (typeof rawBody !== "string" || !rawBody.includes("\uFFFD")) return;
  if (isUtf8(unpack(Buffer.concat(chunks), context.req.headers["content-encoding"]))) return;
  throw new ProblemError("malformed-json", "The body is not valid UTF-8.");
}

async function readJson(context: Context): Promise<unknown> {
  if (!hasBody(context)) return undefined;
  requireJson(context);
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer): void => void chunks.push(chunk);
  context.req.on("data", collect);
  try {
    await parse(context, noNext);
  } finally {
    // The rest of a body that is too large is read and not kept: the connection's next request comes after it.
    context.req.off("data", collect).resume();
  }
  requireUtf8(context, chunks);
  return context.request.rawBody === "" ? undefined : context.request.body;
}

/** Half a surrogate pair has no UTF-8: sent on, it would break clients of other languages. */
const loneSurrogate = /\p{Surrogate}/u;

function findLoneSurrogates(value: unknown, pointer = ""): Violation[] {
  if (typeof value === "string") {
    return loneSurrogate.test(value)
      ? [{ pointer, keyword: "wellFormed", detail: "must not have half a surrogate pair" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => findLoneSurrogates(part, pointer + pointerTo(key)));
}

function validate(schema: BodySchema, body: unknown): void {
  const errors = findViolations(schema, body);
  // Looked for last: a body that fits its schema is flat.
  if (errors.length === 0) errors.push(...findLoneSurrogates(body));
  const [first] = errors;
  if (first === undefined) return;
  const place = first.pointer === "" ? "The body" : first.pointer;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new ProblemError("invalid-body", `${place} ${first.detail}${more}.`, { errors });
}

/** The body, valid against its schema; a 400, 413, 415 or 422 otherwise. */
export async function readBody<Schema extends BodySchema>(context: Context, schema: Schema): Promise<Bodies[Schema]> {
  const body = await readJson(context);
  if (body === undefined) throw new ProblemError("malformed-json", "The body is empty; a JSON object is expected.");
  validate(schema, body);
  return body as Bodies[Schema];
}

/** The same for calls whose body may be left out; then it counts as `{}`. */
export async function readOptionalBody<Schema extends BodySchema>(
  context: Context,
  schema: Schema,
): Promise<Bodies[Schema]> {
  const given = await readJson(context);
  // `null` is a body, and none that fits.
  const body = given === undefined ? {} : given;
  validate(schema, body);
  return body as Bodies[Schema];
}

/** A 422 for what only the present state can tell, with its pointer. */
export function invalidPlace(pointer: string, keyword: string, detail: string): ProblemError {
  return new ProblemError("invalid-body", `${pointer} ${detail}.`, { errors: [{ pointer, keyword, detail }] });
}
