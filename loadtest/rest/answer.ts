/** What became of a request, and why an answer is not what was asked for. */
import { findEncodingFault, mediaTypeOf } from "../core/read-body.js";
import type { RouteRules } from "./request-source.js";

export type Outcome =
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "unanswered"; readonly why: string };

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function findContentFault({ status, contentType, body }: Answer, mediaType: string): string | undefined {
  const given = mediaTypeOf(contentType);
  if (given !== mediaType)
    return `${status} as ${given === "" ? "no media type" : given.slice(0, 60)} instead of ${mediaType}`;
  if (mediaType !== "application/json") return undefined;
  const fault = findEncodingFault(body, contentType);
  if (fault !== undefined) return `${status} with JSON that ${fault}`;
  return isJson(body) ? undefined : `${status} with a body that is not JSON`;
}

/** Why an answer is not what the route has to give; undefined where it is. */
export function findFault(answer: Answer, { method, mediaType, statuses }: RouteRules): string | undefined {
  const { status, body } = answer;
  const isSuccess = status >= 200 && status <= 299;
  if (statuses === undefined ? !isSuccess : !statuses.has(status)) return String(status);
  const mayBeEmpty = statuses !== undefined || method === "HEAD";
  if (body.length === 0) return mayBeEmpty ? undefined : `${status} with an empty body`;
  // Errors have a media type of their own, RFC 9457.
  return isSuccess ? findContentFault(answer, mediaType) : undefined;
}
