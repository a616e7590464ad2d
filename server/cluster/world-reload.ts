/**
 * A member whose world is not its cluster's loads it anew, from the snapshots and the commands of the store, and plays
 * on from there. Until it has come to the present nobody is served by it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../core/logger.js";
import { monotonicMs } from "../core/timers.js";
import type { ClusterLog } from "./cluster-log.js";

export interface WorldReloadOptions {
  readonly logger: Logger;
  readonly log: () => ClusterLog | undefined;
  /** Replaces the world by that of the store. */
  readonly load: () => Promise<void>;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
}

/** Between two attempts, at first and at most; it doubles each time. */
const waitMsMin = 200;
const waitMsMax = 30_000;
/** A world that is lost again within this time has not been loaded well. */
const goodMsMin = 60_000;
/** How long a world that was loaded may take to come to the present. */
const currentMsMax = 10_000;
const lookMs = 100;

export class WorldReload {
  readonly #options: WorldReloadOptions;
  #count = 0;
  #isUnderWay = false;
  #waitMs = waitMsMin;
  #endedMs = 0;

  constructor(options: WorldReloadOptions) {
    this.#options = options;
  }

  /** How often the log was lost. */
  get count(): number {
    return this.#count;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Resolves when the world is the cluster's again, or the attempts were ended. */
  async run(reason: "gap" | "diverged"): Promise<void> {
    const { logger, signal } = this.#options;
    this.#count += 1;
    logger.error({ reason }, "this member has lost the log of its cluster: it loads its world anew");
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    if (monotonicMs() - this.#endedMs > goodMsMin) this.#waitMs = waitMsMin;
    while (!signal.aborted && !(await this.#try())) {
      await sleep(this.#waitMs, undefined, { signal }).catch(() => {});
      this.#waitMs = Math.min(2 * this.#waitMs, waitMsMax);
    }
    this.#isUnderWay = false;
    this.#endedMs = monotonicMs();
    if (!signal.aborted) logger.warn({}, "this member follows the log of its cluster again");
  }

  /** @returns whether this member has come to the present */
  async #try(): Promise<boolean> {
    const { logger, log, load, signal } = this.#options;
    try {
      await load();
    } catch (err) {
      logger.error({ err }, "this member cannot load its world");
      return false;
    }
    for (const lateMs = monotonicMs() + currentMsMax; monotonicMs() < lateMs && !signal.aborted; await sleep(lookMs)) {
      // Without Redis the row has it all.
      const isCurrent = await Promise.any([log()?.barrier(), log()?.catchUp()]).then(
        () => true,
        () => false,
      );
      if (log()?.isLost !== false) return false;
      if (isCurrent) return true;
    }
    return false;
  }
}
