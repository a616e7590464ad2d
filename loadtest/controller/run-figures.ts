/** What is known of a run while it goes on: a second is added as it comes, and costs the same however long the run is. */
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";
import type { ObservedRoute, ObservedRun } from "../core/observed-run.js";
import type { MergedSecond } from "../generator/seconds.js";
import type { RestFigures } from "../rest/rest-load.js";
import { Timeline } from "../verdict/timeline.js";
import type { SummarySecond } from "../../schemas/index.js";

export class RunFigures implements ObservedRun {
  readonly plan: string;
  readonly target: string;
  readonly plannedMs: number;
  stage = "connect";
  rest: RestFigures | undefined;
  connected = 0;
  deliveries = 0;
  faults = 0;
  generator = { utilisation: 0, rssBytes: 0 };
  readonly #timeline = new Timeline();
  readonly #startMs = monotonicMs();

  constructor({ plan, target, plannedMs }: Pick<ObservedRun, "plan" | "target" | "plannedMs">) {
    this.plan = plan;
    this.target = target;
    this.plannedMs = plannedMs;
  }

  second(merged: MergedSecond): SummarySecond {
    const { second, connected, deliveries, faults, utilisation, rssBytes } = merged;
    this.connected = connected;
    this.deliveries = Math.max(this.deliveries, deliveries);
    this.faults = Math.max(this.faults, faults);
    this.generator = { utilisation, rssBytes };
    return this.#timeline.add(merged, this.rest?.perSecond[second] ?? 0);
  }

  get elapsedMs(): number {
    return monotonicMs() - this.#startMs;
  }

  get latency(): LatencyHistogram {
    return this.#timeline.latency;
  }

  get timeline(): readonly SummarySecond[] {
    return this.#timeline.seconds;
  }

  get routes(): readonly ObservedRoute[] {
    return this.rest?.routes ?? [];
  }
}
