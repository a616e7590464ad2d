/** The scenarios that come with the simulator, by name, complete with their defaults. */
import { type CompleteScenario, completeScenario } from "../scenario/complete.js";
import { scenarioFiles } from "./generated.js";

/** Played where nobody asks for another. */
export const defaultScenarioName = "trading-day";

/** The default first, then by name. */
export const shippedScenarios: ReadonlyMap<string, CompleteScenario> = new Map(
  scenarioFiles.map((file) => [file.name, completeScenario(file)]),
);
