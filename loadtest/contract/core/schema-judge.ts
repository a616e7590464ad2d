/** Holds one value against one schema file, each kind of violation under a rule of its own. */
import { type SchemaPath, findViolations } from "../../../schemas/index.js";
import { valueAt } from "../../../schemas/json-pointer.js";
import type { Judge } from "./findings.js";
import { findUndocumentedFields } from "./undocumented-fields.js";
import { kindOf, violationKinds, withoutEchoes } from "./violations.js";

/** Returns whether the value fits; undocumented fields are a warning and do not count. */
export function judgeSchema(
  judge: Judge,
  family: "event" | "body",
  subject: string,
  path: SchemaPath,
  value: unknown,
): boolean {
  const violations = withoutEchoes(findViolations(path, value));
  const broken = new Set(violations.map(kindOf));
  for (const violation of violations) {
    const offending = valueAt(value, violation.pointer);
    judge.check(`${family}-${kindOf(violation)}`, subject, false, () => ({
      ...violation,
      value: offending,
      example: value,
    }));
  }
  for (const kind of violationKinds)
    if (!broken.has(kind)) judge.check(`${family}-${kind}`, subject, true, () => ({ detail: "" }));
  const undocumented = findUndocumentedFields(path, value);
  for (const pointer of undocumented) {
    judge.check(`${family}-field-documented`, subject, false, () => ({
      detail: `the field ${pointer} is in no schema`,
      pointer,
      value: valueAt(value, pointer),
      example: value,
    }));
  }
  if (undocumented.length === 0) judge.check(`${family}-field-documented`, subject, true, () => ({ detail: "" }));
  return violations.length === 0;
}
