/** Plan files: held against their schema, with every mistake named by its place. */
import { OptionError } from "../core/errors.js";
import { existsSync } from "node:fs";
import { describeValue } from "../../schemas/describe-value.js";
import { type Plan, type PlanStage, type Violation, findViolations } from "../../schemas/index.js";
import { namesIn } from "../../schemas/json-pointer.js";
import { schemaWithin } from "../../schemas/schema-tree.js";
import { didYouMean } from "../../schemas/suggest.js";
import { TextFileError, readJsonFile } from "../../schemas/text-file.js";
import { parseThreshold, requireKnownName } from "../verdict/thresholds.js";
import { namesOf } from "./names.js";
import { findRestFault } from "./rest.js";
import { shippedPlans } from "./shipped.js";

/** What is wrong at a place of a plan; of an unknown field also the known ones. */
function explain({ pointer, keyword, detail }: Violation): string {
  if (keyword !== "additionalProperties") return detail;
  const names = namesIn(pointer);
  const name = names.pop() ?? "";
  const known = Object.keys(schemaWithin("plan.schema.json", names).properties ?? {});
  return `is unknown. ${didYouMean(name, known, "Fields").replace(/\.$/, "")}`;
}

/** What a stage of its kind lacks, or has in vain. */
function findStageFault({ kind, everyMs, offlineMs, how }: PlanStage): string | undefined {
  if (kind === "drop")
    return everyMs === undefined || offlineMs === undefined
      ? "is a drop without everyMs and offlineMs: give how often, and for how long, subscribers lose the connection."
      : undefined;
  const surplus = Object.entries({ everyMs, offlineMs, how }).find(([, value]) => value !== undefined)?.[0];
  return surplus === undefined ? undefined : `has ${surplus}, which is for a drop, and is a ${kind}.`;
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
  // For editors, and nothing of the plan.
  const { $schema: _, ...plan } = value as Plan & { readonly $schema?: string };
  for (const [index, stage] of plan.stages.entries()) {
    const fault = findStageFault(stage);
    if (fault !== undefined)
      throw new OptionError(`Invalid plan${source === "" ? "" : ` ${source}`}: /stages/${index} ${fault}`);
  }
  const restFault = plan.rest === undefined ? undefined : findRestFault(plan.rest);
  if (restFault !== undefined) throw new OptionError(`Invalid plan${source === "" ? "" : ` ${source}`}: ${restFault}`);
  for (const threshold of plan.thresholds ?? []) requireKnownName(parseThreshold(threshold), namesOf(plan));
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
