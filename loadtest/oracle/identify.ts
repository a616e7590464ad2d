/** Whether a server's stream can be regenerated here: by the simulator's version and the scenario's digest. */
import { hash } from "node:crypto";
import type { Scenario, Simulation } from "../../schemas/index.js";
import { SIMULATOR_VERSION, digestScenario, shippedScenarios } from "../../simulator/index.js";

/** The server's scenario, or in words why nothing can be regenerated. */
export type Identification = { readonly scenario: Scenario } | { readonly obstacle: string };

const sha256 = (text: string): string => hash("sha256", text);

/** `given` is a scenario beside the shipped ones that the server may be running. */
export function identifyStream(simulation: Simulation, given: Scenario | undefined): Identification {
  const { scenario: name, scenarioDigest, simulatorVersion } = simulation;
  if (simulatorVersion !== SIMULATOR_VERSION)
    return { obstacle: `the server runs simulator version ${simulatorVersion}, this is ${SIMULATOR_VERSION}` };
  const known = [given, shippedScenarios.get(name)].filter((scenario) => scenario !== undefined);
  const scenario = known.find((candidate) => digestScenario(candidate, sha256) === scenarioDigest);
  if (scenario !== undefined) return { scenario };
  if (given !== undefined)
    return { obstacle: `the server's scenario "${name}" is neither the given "${given.name}" nor a shipped one` };
  const kind = known.length > 0 ? "differs from the shipped one" : "is no shipped one";
  return { obstacle: `the server's scenario "${name}" ${kind}; --scenario takes its file` };
}
