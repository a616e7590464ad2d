/**
 * What a restart does about the time in which there was no server.
 *
 * Up to a day of it is lived through silently. Of more, whole days are left out, as if the market had been closed:
 * the world stays as it is and its calendar moves, so that afterwards less than a day is missing. What is stored
 * keeps its old instants.
 */
import { shiftSnapshot } from "../../simulator/index.js";
import type { Logger } from "../core/logger.js";
import type { SimulationHost } from "./simulation-host.js";
import type { Resume } from "../store/store.js";

const dayMs = 86_400_000;
/** A market less than this behind the clock is at the present. */
const presentMs = 1000;

/**
 * @param nowMs epoch milliseconds
 * @returns where to go on: the same place in the market, on a later day where more than one was missed
 */
export function skipWholeDays(resume: Resume, nowMs: number): { readonly resume: Resume; readonly days: number } {
  const missedMs = nowMs - (resume.startMs + resume.lastTick * resume.tickMs);
  const days = Math.max(0, Math.floor(missedMs / dayMs));
  if (days === 0) return { resume, days };
  const { snapshots, startMs } = resume;
  const last = snapshots.at(-1);
  const moved = last === undefined ? [] : [{ ...last, world: shiftSnapshot(last.world, days) }];
  return { resume: { ...resume, startMs: startMs + days * dayMs, snapshots: moved }, days };
}

/** Plays on at the present: what was missed, and what passes meanwhile, is run through silently. A pause ends it. */
export async function catchUp(simulation: SimulationHost, wallClockMs: () => number, logger: Logger): Promise<void> {
  const { bootId } = simulation.status();
  try {
    // Who seeks back or resets meanwhile wants to be where that leads.
    while (simulation.status().bootId === bootId) {
      const { nowMs, tick, tickMs } = simulation.world;
      const missedMs = wallClockMs() - nowMs;
      if (missedMs < presentMs) return;
      const target = tick + Math.floor(missedMs / tickMs);
      if ((await simulation.seek(target)).tick < target) return;
    }
  } catch (err) {
    logger.error({ err }, "the market could not be brought to the present and continues from where it is");
  }
}
