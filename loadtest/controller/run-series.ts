/**
 * What runs share that follow each other on one server: generators with the subscribers that stay connected, the plan of
 * the stream, and what the server took before any subscriber came. Most series have one run.
 *
 * Invariant: all of it goes on, or all of it begins anew.
 */
import type { CostReading } from "../cost/server-cost.js";
import type { GeneratorSlot } from "../generator/generator-handle.js";
import { GeneratorHosts } from "../generator/generator-host.js";
import type { StreamPlanner } from "./stream-planner.js";

export class RunSeries {
  readonly #hosts: GeneratorHosts;
  /** Undefined before the first run, and where the stream is learned. */
  planner: StreamPlanner | undefined;
  /** Of the server without subscribers. */
  idle: CostReading | undefined;

  /** @param keeps subscribers stay connected from one run to the next */
  constructor(keeps: boolean) {
    this.#hosts = new GeneratorHosts(keeps);
  }

  /** Where the next run's generators go: to those of the last one, where that ended as it should have. */
  slots(workers: number): GeneratorSlot[] {
    if (!this.#hosts.areKept(workers) || (this.planner?.errors.length ?? 0) > 0) this.close();
    return this.#hosts.slots(workers);
  }

  /** Ends the generators, and closes the connections. */
  close(): void {
    this.planner?.stop();
    this.planner = undefined;
    this.#hosts.close();
  }
}
