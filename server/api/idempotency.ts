/**
 * Idempotency keys on POST: a repeated key gets the stored response and never reaches the world.
 *
 * The response is committed with the command, so it survives a crash with it. Two requests with one key
 * at the same time take turns: the second gets the first one's response, or its own try when the first failed.
 */
import { hash } from "node:crypto";
import type { Context } from "koa";
import type { RequestKey, Store, StoredResponse } from "../store/store.js";
import { ProblemError } from "../http/problems.js";

/** Undefined without the header. The body counts as parsed: another spacing is the same request. */
export function readRequestKey(context: Context, body: unknown): RequestKey | undefined {
  const key = context.req.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const detail = "must have 1 to 255 visible ASCII characters";
    throw new ProblemError("bad-header", `Idempotency-Key ${detail}.`, {
      errors: [{ parameter: "Idempotency-Key", keyword: "pattern", detail }],
    });
  }
  const request = JSON.stringify([context.method, context.path, body]);
  return { key, fingerprint: hash("sha256", request, "base64url") };
}

/** The response stored for the key, if there is one; 422 when the key belongs to another request. */
export async function findResponse(store: Store, request: RequestKey): Promise<StoredResponse | undefined> {
  const response = await store.response(request.key);
  if (response !== undefined && response.fingerprint !== request.fingerprint) {
    throw new ProblemError(
      "key-reused",
      "The Idempotency-Key was used for another request. A new request needs a new key.",
      {
        errors: [
          { parameter: "Idempotency-Key", keyword: "unique", detail: "belongs to another method, path or body" },
        ],
      },
    );
  }
  return response;
}
