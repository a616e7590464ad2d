/** Types of the script beside it, for its test. */
import type * as simulator from "../simulator/index.js";

export interface GoldenDigests {
  readonly simulatorVersion: string;
  readonly seed: string;
  readonly scenarios: Readonly<
    Record<string, { readonly ticks: number; readonly events: number; readonly digest: string }>
  >;
}

export const goldenPath: string;
export function findGoldenDigests(
  simulator_: Pick<typeof simulator, "SIMULATOR_VERSION" | "createStreamDigest" | "createWorld" | "shippedScenarios">,
): GoldenDigests;
