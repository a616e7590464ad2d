/** Plan files: held against their schema, with every mistake named by its place. */
import { readFile } from "node:fs/promises";
import { type Plan, findViolations } from "../../schemas/index.js";
import { parseThreshold } from "../measure/thresholds.js";
import { PlanError } from "../options.js";
import { shippedPlans } from "./shipped.js";

/** @throws {PlanError} with every violation in one sentence */
export function parsePlan(value: unknown, source = "The plan"): Plan {
  const violations = findViolations("plan.schema.json", value);
  if (violations.length > 0) {
    const places = violations.map(({ pointer, detail }) => `${pointer === "" ? "(root)" : pointer} ${detail}`);
    throw new PlanError(`${source} is no plan: ${[...new Set(places)].join("; ")}.`);
  }
  const plan = value as Plan;
  for (const threshold of plan.thresholds ?? []) parseThreshold(threshold);
  return plan;
}

/** A shipped plan by its name, or a plan file by its path. */
export async function loadPlan(nameOrPath: string): Promise<Plan> {
  const shipped = shippedPlans.get(nameOrPath);
  if (shipped !== undefined) return shipped;
  let text: string;
  try {
    text = await readFile(nameOrPath, "utf8");
  } catch (error) {
    const names = [...shippedPlans.keys()].join(", ");
    throw new PlanError(`There is no plan "${nameOrPath}": shipped are ${names}, and no such file can be read.`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PlanError(`${nameOrPath} is no JSON: ${(error as Error).message}.`, { cause: error });
  }
  return parsePlan(value, nameOrPath);
}
