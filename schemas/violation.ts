/** One way in which a value broke its schema, in words that need no knowledge of ajv. */
import type { ErrorObject } from "ajv";
import { pointerTo } from "./json-pointer.js";

export interface Violation {
  /** JSON pointer (RFC 6901) to the offending place; empty for the whole value. */
  readonly pointer: string;
  /** The schema keyword that failed, such as `required`. */
  readonly keyword: string;
  /** A sentence with the offending property or the limit. */
  readonly detail: string;
}

/** The validator's own words, but that it names the values it would take. */
function detailOf({ keyword, message = keyword, params }: ErrorObject): string {
  const { allowedValues } = params as { readonly allowedValues?: readonly unknown[] };
  return allowedValues === undefined
    ? message
    : `must be one of ${allowedValues.map((one) => JSON.stringify(one)).join(", ")}`;
}

export function toViolation(error: ErrorObject): Violation {
  const missing: unknown = error.params["missingProperty"] ?? error.params["additionalProperty"];
  const name = typeof missing === "string" ? pointerTo(missing) : "";
  return { pointer: error.instancePath + name, keyword: error.keyword, detail: detailOf(error) };
}
