/** A scenario by its shipped name, or one of the caller's own, checked. */
import type { Scenario } from "../../schemas/index.js";
import { describeValue } from "../../schemas/describe-value.js";
import { didYouMean } from "../../schemas/suggest.js";
import { ScenarioError, parseScenario, shippedScenarios } from "../../simulator/index.js";
import { StartError } from "../core/errors.js";

/** @throws {StartError} for an unknown name, and for a scenario that cannot be played */
export function resolveScenario(scenario: string | Scenario): Scenario {
  if (typeof scenario === "string") {
    const shipped = shippedScenarios.get(scenario);
    if (shipped !== undefined) return shipped;
    const known = didYouMean(scenario, [...shippedScenarios.keys()], "Built-in scenarios");
    throw new StartError("badOption", `Unknown scenario ${describeValue(scenario)}. ${known}`, { option: "scenario" });
  }
  // A shipped one is held to its schema by a test.
  if (shippedScenarios.get(scenario.name) === scenario) return scenario;
  try {
    return parseScenario(scenario);
  } catch (cause) {
    if (!(cause instanceof ScenarioError)) throw cause;
    throw new StartError("badOption", cause.message, { cause, option: "scenario" });
  }
}
