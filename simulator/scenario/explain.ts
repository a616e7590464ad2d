/**
 * Says what is wrong with a scenario in one sentence: the value, the limit it breaks, and what would do.
 *
 * The limit is looked up in the schema by the violation's place, so a sentence never goes out of date.
 */
import type { Violation } from "../../schemas/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import { namesIn, valueAt } from "../../schemas/json-pointer.js";
import { type SchemaNode, schemaWithin } from "../../schemas/schema-tree.js";
import { suggest } from "../../schemas/suggest.js";

/** One fault of a scenario. */
export interface ScenarioProblem {
  /** JSON pointer to the offending place; empty for the whole scenario. */
  readonly pointer: string;
  /** One sentence, without its full stop. */
  readonly detail: string;
}

export function explainViolation({ pointer, keyword, detail }: Violation, scenario: unknown): ScenarioProblem {
  const names = namesIn(pointer);
  const name = names.at(-1) ?? "";
  if (keyword === "required") return { pointer, detail: `${name} is missing` };
  if (keyword === "additionalProperties") {
    const known = Object.keys(schemaWithin("scenario.schema.json", names.slice(0, -1)).properties ?? {});
    const nearest = suggest(name, known);
    const hint = nearest === undefined ? `, only ${known.join(", ")}` : `; did you mean ${nearest}`;
    return { pointer, detail: `there is no property ${name} here${hint}` };
  }
  const value = valueAt(scenario, pointer);
  const schema = schemaWithin("scenario.schema.json", names);
  return { pointer, detail: `${describeValue(value)} ${judge(keyword, schema) ?? detail}${hintAt(value, schema)}` };
}

/** What was probably meant by a misspelt word of a list. */
function hintAt(value: unknown, { enum: words = [] }: SchemaNode): string {
  const nearest = typeof value === "string" ? suggest(value, words.map(String)) : undefined;
  return nearest === undefined ? "" : `; did you mean ${nearest}`;
}

function judge(keyword: string, schema: SchemaNode): string | undefined {
  const example = JSON.stringify(schema.examples?.[0]);
  switch (keyword) {
    case "type":
      return `is not of type ${[schema.type].flat().join(" or ")}`;
    case "enum":
      return `is none of ${schema.enum?.map((value) => JSON.stringify(value)).join(", ")}`;
    case "minimum":
      return `is below the least that is possible, ${schema.minimum}`;
    case "maximum":
      return `is above the most that is possible, ${schema.maximum}`;
    case "minLength":
      return "is too short";
    case "maxLength":
      return `is longer than ${schema.maxLength} characters`;
    case "maxItems":
      return `has more than ${schema.maxItems} entries`;
    case "pattern":
    case "format":
      return `is not written like ${example}`;
    default:
      return undefined;
  }
}
