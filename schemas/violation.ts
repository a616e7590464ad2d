/** One way in which a value broke its schema, in words that need no knowledge of ajv. */
import { pointerTo } from "./json-pointer.js";

/** What the validator tells of a fault. Its own type would ask whoever uses this package to have it. */
interface ValidatorFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Violation {
  /** JSON pointer (RFC 6901) to the offending place; empty for the whole value. */
  readonly pointer: string;
  /** The schema keyword that failed, such as `required`. */
  readonly keyword: string;
  /** A sentence with the offending property or the limit. */
  readonly detail: string;
}

/** The validator's own words, but for a property, which the place names, and for values: those that it would take. */
function detailOf({ keyword, message = keyword, params }: ValidatorFault): string {
  if (keyword === "required") return "is missing";
  if (keyword === "additionalProperties") return "is not a known property";
  const { allowedValues } = params as { readonly allowedValues?: readonly unknown[] };
  return allowedValues === undefined
    ? message
    : `must be one of ${allowedValues.map((one) => JSON.stringify(one)).join(", ")}`;
}

export function toViolation(error: ValidatorFault): Violation {
  const missing: unknown = error.params["missingProperty"] ?? error.params["additionalProperty"];
  const name = typeof missing === "string" ? pointerTo(missing) : "";
  return { pointer: error.instancePath + name, keyword: error.keyword, detail: detailOf(error) };
}
