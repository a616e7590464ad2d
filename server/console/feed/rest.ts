/** Requests to the server's REST API, and the errors that it explains. */
import type { Problem } from "../../../schemas/generated/types.js";
import { at } from "./base-path.js";
import { token } from "./token.js";

/** An answer other than 2xx, or none at all; `message` is a sentence for people. */
export class RestError extends Error {
  override readonly name = "RestError";
  /** Zero where no answer came. */
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, message: string, options?: { problem?: Problem; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.status = status;
    this.problem = options?.problem;
  }
}

/** What went wrong, for people. */
export function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function toRestError(path: string, response: Response): Promise<RestError> {
  const text = await response.text();
  if (response.headers.get("content-type")?.startsWith("application/problem+json") === true) {
    const problem = JSON.parse(text) as Problem;
    const [first] = problem.errors ?? [];
    const detail = first === undefined ? (problem.detail ?? problem.title) : `${problem.title}: ${first.detail}`;
    return new RestError(response.status, detail, { problem });
  }
  return new RestError(response.status, `${path} answered ${response.status} ${response.statusText}`);
}

async function request<Body>(path: string, init: RequestInit): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(at(path), init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new RestError(0, `The server does not answer (${path}).`, { cause: error });
  }
  if (!response.ok) throw await toRestError(path, response);
  return (await response.json()) as Body;
}

function tokenHeaders(): Record<string, string> {
  // One that no header can carry is as good as none.
  const isSendable = token.value !== undefined && /^[\x21-\x7e]+$/.test(token.value);
  return isSendable ? { Authorization: `Bearer ${token.value}` } : {};
}

export interface GetOptions {
  readonly signal?: AbortSignal;
  /** Sends the control token. @default false */
  readonly withToken?: boolean;
}

/** @param path from the server's root @throws {RestError} */
export async function getJson<Body>(path: string, { signal, withToken = false }: GetOptions = {}): Promise<Body> {
  return await request<Body>(path, { ...(signal && { signal }), headers: withToken ? tokenHeaders() : {} });
}

/** All pages of a list, 200 at a time. @throws {RestError} */
export async function getAll<Item>(path: string): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "?limit=200" : `?limit=200&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Item[]; nextCursor: string | null } = await getJson(path + query);
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

export interface PostOptions {
  /** The same key with the same body is done once, however often it is sent. */
  readonly idempotencyKey?: string;
}

/** Posts a body, with the control token where there is one. @throws {RestError} */
export async function postJson<Body>(path: string, body: unknown, options: PostOptions = {}): Promise<Body> {
  const headers = new Headers({ "Content-Type": "application/json", ...tokenHeaders() });
  if (options.idempotencyKey !== undefined) headers.set("Idempotency-Key", options.idempotencyKey);
  return await request<Body>(path, { method: "POST", headers, body: JSON.stringify(body) });
}
