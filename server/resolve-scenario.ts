/** A scenario by its shipped name, or one of the caller's own, checked. */
import type { Scenario } from "../schemas/index.js";
import { parseScenario, shippedScenarios } from "../simulator/index.js";
import { StartError } from "./start-error.js";

/** @throws {StartError} for an unknown name; {ScenarioError} for a scenario that cannot be played */
export function resolveScenario(scenario: string | Scenario): Scenario {
  // A shipped one is held to its schema by a test.
  if (typeof scenario !== "string")
    return shippedScenarios.get(scenario.name) === scenario ? scenario : parseScenario(scenario);
  const shipped = shippedScenarios.get(scenario);
  if (shipped !== undefined) return shipped;
  throw new StartError(
    "badOption",
    `There is no scenario "${scenario}". Shipped are ${[...shippedScenarios.keys()].join(", ")}.`,
  );
}
