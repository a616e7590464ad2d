/** The market that a store has, brought to where a server goes on with it. */
import { MismatchError, type WorldOptions } from "../../simulator/index.js";
import { StartError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { Store } from "../store/store.js";
import { StoreError } from "../store/store-error.js";
import { skipWholeDays } from "./catch-up.js";
import { type DigestedTimeline, resumeTimeline } from "./timelines.js";

export interface ResumeOptions {
  readonly hash: (text: string) => string;
  /** Whether whole days that were missed are skipped. */
  readonly isCaughtUp: boolean;
  /** The tick that was asked for, if any, milliseconds. */
  readonly tickMs?: number | undefined;
  readonly wallClockMs: () => number;
  readonly logger: Logger;
}

/** Where the store's market stopped, moved to the present where more than a day was missed. */
async function loadResume(store: Store, options: ResumeOptions) {
  const { isCaughtUp, tickMs, wallClockMs, logger } = options;
  const stored = await store.loadResume().catch(refuseStore);
  if (stored !== null && tickMs !== undefined && tickMs !== stored.tickMs) {
    throw new StartError(
      "storeUnusable",
      `The store's market has a tick of ${stored.tickMs} ms, not ${tickMs} ms. Leave the option tickMs out, delete its history with the option reset, or choose another store with the option store.`,
    );
  }
  if (stored === null || !isCaughtUp) return stored;
  const { resume, days } = skipWholeDays(stored, wallClockMs());
  if (days > 0) {
    store.moveStart(resume.startMs, resume.snapshots.at(-1) ?? null);
    logger.warn(
      { days },
      "more than a day was missed: whole days are skipped, and the market continues at the present",
    );
  }
  return resume;
}

/** The store's market, played up to where it stopped; null where there is none. */
export async function resumeMarket(
  world: WorldOptions,
  store: Store,
  options: ResumeOptions,
): Promise<DigestedTimeline | null> {
  const stored = await loadResume(store, options);
  return stored && (await resumeTimeline(world, options.hash, store, stored).catch(refuseStore));
}

/** What is stored is whole, as far as one can see, but no market goes on from it. */
function refuseStore(cause: unknown): never {
  const reason =
    cause instanceof StoreError || cause instanceof MismatchError ? cause.message : "The store is damaged.";
  throw new StartError(
    "storeUnusable",
    `${reason} Its market cannot be resumed: restore a backup, delete its history with the option reset, or choose another store with the option store.`,
    { cause },
  );
}
