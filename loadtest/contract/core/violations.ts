/** Tells which rule a violation of a schema breaks, and leaves out what says the same twice. */
import type { Violation } from "../../../schemas/index.js";

export type ViolationKind = "required" | "type" | "timestamp" | "value";

export const violationKinds: readonly ViolationKind[] = ["required", "type", "timestamp", "value"];

const timestampFields = /\/(?:timestamp|updatedAt|statusSince|createdAt|lastMessageAt|start|time)$/;

export function kindOf({ keyword, pointer }: Violation): ViolationKind {
  if (keyword === "required" || keyword === "type") return keyword;
  return timestampFields.test(pointer) ? "timestamp" : "value";
}

/** Without the `format` beside a broken `pattern`. */
export function withoutEchoes(violations: readonly Violation[]): Violation[] {
  const patterns = new Set(violations.filter(({ keyword }) => keyword === "pattern").map(({ pointer }) => pointer));
  return violations.filter(({ keyword, pointer }) => keyword !== "format" || !patterns.has(pointer));
}
