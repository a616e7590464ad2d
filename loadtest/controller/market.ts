/** What the addresses of a run serve: one market, or the run is refused. */
import type { Simulation } from "../../schemas/index.js";
import { TargetError } from "../core/errors.js";
import { type Reading, readSimulation, requireSocketIo } from "../core/target-requests.js";
import type { Targets } from "../core/targets.js";
import { findDisagreement } from "../oracle/plausibility.js";

/**
 * The simulation as the first address has it, or why that could not be read.
 *
 * @throws {TargetError} when an address is none of a server, or of another market than the first
 */
export async function readMarket({ all, first }: Targets): Promise<Reading<Simulation>> {
  for (const target of all) await requireSocketIo(target);
  const [market, ...others] = await Promise.all(all.map(readSimulation));
  for (const [index, other] of others.entries()) {
    const difference = findDifference(market!, other);
    if (difference !== undefined)
      throw new TargetError(
        "otherMarket",
        `${first.base} and ${all[index + 1]!.base} are not members of one cluster: ${difference}. Several URLs are those of one cluster; leave out what is not.`,
      );
  }
  return market!;
}

/** One that cannot be read is no member of a market that can. */
function findDifference(one: Reading<Simulation>, other: Reading<Simulation>): string | undefined {
  if ("problem" in one) return "problem" in other ? undefined : `GET /api/simulation of the first ${one.problem}`;
  if ("problem" in other) return `GET /api/simulation of the second ${other.problem}`;
  return findDisagreement(one.content, other.content);
}
