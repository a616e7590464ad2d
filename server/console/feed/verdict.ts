/** Holds an event, as it came, against the contract. */
import checks from "virtual:event-checks";
import { type Violation, toViolation } from "../../../schemas/violation.js";

/** "undocumented": all that is wrong are fields that no schema names. */
export type Verdict = "fits" | "undocumented" | "broken";

/** Shared by all that fit, which is nearly all. */
const none: readonly Violation[] = [];

/** Every way in which an event differs from the contract; empty where it fits. */
export function judge(name: string, args: readonly unknown[]): readonly Violation[] {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (check === undefined) return [{ pointer: "", keyword: "event", detail: "is none of the documented events" }];
  const found = check(args[0]) ? none : (check.errors ?? []).map(toViolation);
  if (args.length === 1) return found;
  return [{ pointer: "", keyword: "arguments", detail: `has ${args.length} arguments, not one` }, ...found];
}

export function verdictOf(violations: readonly Violation[]): Verdict {
  if (violations.length === 0) return "fits";
  return violations.every(({ keyword }) => keyword === "additionalProperties") ? "undocumented" : "broken";
}
