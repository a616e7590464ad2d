/** A value in the sentence of an error: short, and never throwing, whatever it is. */

const charactersMax = 80;

/** @example describeValue("manul") // "\"manul\"" */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "missing";
    case "string":
      return value.length > charactersMax
        ? `${JSON.stringify(value.slice(0, charactersMax))}... (${value.length} characters)`
        : JSON.stringify(value);
    case "number":
    case "boolean":
      return String(value);
    case "bigint":
      return `the bigint ${value}`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
    default:
      return `a ${typeof value}`;
  }
}
