/** Turns every error that can arise below the edge into a problem; what it does not know is a defect, 500. */
import type { Refusal } from "../../simulator/index.js";
import { MovingError, RefusedError } from "../simulation/errors.js";
import { BadCursorError } from "../store/cursor.js";
import { StoreError } from "../store/store-error.js";
import { ProblemError, unknownResource } from "../http/problems.js";

const lists = { sector: "/api/sectors", agent: "/api/agents", discussion: "/api/discussions" } as const;

function ofRefusal(refusal: Refusal, cause: unknown): ProblemError {
  if (refusal.code === "unknown") return unknownResource(refusal.kind, refusal.id, lists[refusal.kind]);
  if (refusal.code === "exists") {
    return new ProblemError(
      "already-exists",
      `There is a ${refusal.kind} ${JSON.stringify(refusal.id)} already. Choose another id, or none.`,
      {
        cause,
      },
    );
  }
  return new ProblemError(
    "in-use",
    `Sector ${JSON.stringify(refusal.id)} still has ${refusal.agents} agents and ${refusal.discussions} discussions. Delete or move them first.`,
    { cause },
  );
}

/** What body parsing and Koa itself throw carries a status; nothing else does. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("status" in error)) return undefined;
  return typeof error.status === "number" ? error.status : undefined;
}

/** What zlib says of a compressed body that is cut short, damaged or none. */
const unpackableCode = /^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT)/;

function isUnpackable(error: unknown): error is Error {
  return error instanceof Error && "code" in error && unpackableCode.test(String(error.code));
}

export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof RefusedError) return ofRefusal(error.refusal, error);
  if (error instanceof StoreError) {
    return new ProblemError("store-unavailable", error.message, {
      cause: error,
      headers: { "Retry-After": String(error.retryAfterSeconds) },
    });
  }
  if (error instanceof MovingError)
    return new ProblemError("simulation-moving", error.message, { cause: error, headers: { "Retry-After": "2" } });
  if (error instanceof BadCursorError) {
    return new ProblemError("bad-query", error.message, {
      cause: error,
      errors: [{ parameter: "cursor", keyword: "cursor", detail: "must be a nextCursor of this list" }],
    });
  }
  if (isUnpackable(error)) {
    return new ProblemError("malformed-json", `The body cannot be unpacked: ${error.message}.`, { cause: error });
  }
  switch (statusOf(error)) {
    case 400:
      return new ProblemError("malformed-json", `The body cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    case 413:
      return new ProblemError("body-too-large", "The body is larger than 64 KiB.", { cause: error });
    case 415:
      return new ProblemError("unsupported-media-type", "The body's content encoding or charset cannot be read.", {
        cause: error,
      });
    default:
      return new ProblemError("internal-error", "The server failed while it answered. Its log says more.", {
        cause: error,
      });
  }
}
