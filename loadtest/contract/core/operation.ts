/** One operation of the REST interface. */
import type { SchemaPath } from "../../../schemas/index.js";
import type { Profile } from "./rules.js";

/** Who has to offer what an operation belongs to. */
export type Extension = "simulation" | "control" | "service";

/** A path that can be sent, of one with parameters: with an id that nothing has. */
export function examplePath(path: string): string {
  return path.replaceAll(/:\w+/g, "no-such-id-9");
}

export interface Operation {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With parameters as `:id`. */
  readonly path: string;
  /** The level of the contract that asks for it. */
  readonly level: Profile;
  /** Set where a server need not have it. */
  readonly extension?: Extension;
  readonly request?: SchemaPath;
  readonly success: number;
  /** Undefined where the answer has no body, or one that is not JSON of a schema. */
  readonly response?: SchemaPath;
  /** A field of the answer that has a schema of its own, beside those of `response`. */
  readonly beside?: { readonly field: string; readonly schema: SchemaPath };
  readonly errors: readonly number[];
}
