/** Whether a server's stream can be regenerated here: by the simulator's version and the scenario's digest. */
import { hash } from "node:crypto";
import type { Scenario, Simulation } from "../../schemas/index.js";
import { SIMULATOR_VERSION, digestScenario, shippedScenarios } from "../../simulator/index.js";

/** The server's scenario, or in words why nothing can be regenerated. */
export type Identification = { readonly scenario: Scenario } | { readonly reason: string };

const sha256 = (text: string): string => hash("sha256", text);

/** `given` is the scenario that the server is said to run; without it the shipped one of the server's name is taken. */
export function identifyStream(simulation: Simulation, given: Scenario | undefined): Identification {
  const { scenario: name, scenarioDigest, simulatorVersion } = simulation;
  if (simulatorVersion !== SIMULATOR_VERSION)
    return { reason: `the server runs simulator version ${simulatorVersion}, this is ${SIMULATOR_VERSION}` };
  const scenario = given ?? shippedScenarios.get(name);
  if (scenario !== undefined && digestScenario(scenario, sha256) === scenarioDigest) return { scenario };
  if (given !== undefined) {
    const other = given.name === name ? "another version of it" : `"${name}"`;
    return { reason: `the given scenario is "${given.name}", and the server runs ${other}` };
  }
  const kind = scenario === undefined ? "is not a shipped one" : "differs from the shipped one";
  return { reason: `the server's scenario "${name}" ${kind}; give its file with the option scenario` };
}
