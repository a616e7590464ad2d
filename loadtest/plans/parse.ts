/** Plan files: held against their schema, with every mistake named by its place. */
import { OptionError } from "../core/errors.js";
import { existsSync } from "node:fs";
import { describeValue } from "../../schemas/describe-value.js";
import { type Plan, type Violation, findViolations } from "../../schemas/index.js";
import { namesIn } from "../../schemas/json-pointer.js";
import { schemaWithin } from "../../schemas/schema-tree.js";
import { didYouMean } from "../../schemas/suggest.js";
import { TextFileError, readJsonFile } from "../../schemas/text-file.js";
import { parseThreshold } from "../verdict/thresholds.js";
import { shippedPlans } from "./shipped.js";

/** What is wrong at a place of a plan; of an unknown field also the known ones. */
function explain({ pointer, keyword, detail }: Violation): string {
  if (keyword !== "additionalProperties") return detail;
  const names = namesIn(pointer);
  const name = names.pop() ?? "";
  const known = Object.keys(schemaWithin("plan.schema.json", names).properties ?? {});
  return `is unknown. ${didYouMean(name, known, "Fields").replace(/\.$/, "")}`;
}

/** @throws {OptionError} with every violation in one sentence */
export function parsePlan(value: unknown, source = ""): Plan {
  const violations = findViolations("plan.schema.json", value);
  if (violations.length > 0) {
    const places = violations.map((violation) => `${violation.pointer || "(root)"} ${explain(violation)}`);
    throw new OptionError(
      `Invalid plan${source === "" ? "" : ` ${source}`}: ${[...new Set(places)].join("; ")}.`.replace(/\?\.$/, "?"),
    );
  }
  const plan = value as Plan;
  for (const threshold of plan.thresholds ?? []) parseThreshold(threshold);
  return plan;
}

/** Whether these words are the path of a file, and no name of a shipped plan. */
function isPath(nameOrPath: string): boolean {
  return /[/\\]|\.json$/.test(nameOrPath) || existsSync(nameOrPath);
}

/**
 * A shipped plan by its name, or a plan file by its path.
 *
 * @throws {OptionError} for an unknown name, and a file that cannot be read or is no plan
 */
export async function loadPlan(nameOrPath: string): Promise<Plan> {
  const shipped = shippedPlans.get(nameOrPath);
  if (shipped !== undefined) return shipped;
  if (!isPath(nameOrPath)) {
    const known = didYouMean(nameOrPath, [...shippedPlans.keys()], "Shipped plans");
    throw new OptionError(
      `Unknown plan ${describeValue(nameOrPath)}. ${known} A file is named by its path, such as ./mine.json.`,
    );
  }
  try {
    return parsePlan(readJsonFile(nameOrPath), nameOrPath);
  } catch (cause) {
    if (!(cause instanceof TextFileError)) throw cause;
    throw new OptionError(cause.message, { cause });
  }
}
