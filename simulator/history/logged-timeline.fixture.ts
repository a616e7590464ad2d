/** A timeline with the log that its owner keeps, as a server leads it. */
import type { Scenario } from "../../schemas/index.js";
import { type StreamDigest, type StreamDigestState, createStreamDigest } from "./stream-digest.js";
import { type Timeline, type TimelineOptions, createTimeline } from "./timeline.js";
import type { Command, LoggedCommand, TickBatch } from "../core/types.js";
import { sha256 } from "../world/world.fixture.js";

export class LoggedTimeline {
  readonly timeline: Timeline<StreamDigest>;
  #entries: LoggedCommand[];

  constructor(
    world: { readonly seed: string; readonly scenario: Scenario },
    options: Partial<TimelineOptions<StreamDigest>> = {},
    entries: readonly LoggedCommand[] = [],
  ) {
    this.#entries = [...entries];
    this.timeline = createTimeline({
      world,
      observer: (state) =>
        createStreamDigest({ hash: sha256, ...(state !== undefined && { state: state as StreamDigestState }) }),
      snapshotEveryTicks: 16,
      snapshotsMax: 8,
      ...options,
    });
  }

  get entries(): readonly LoggedCommand[] {
    return this.#entries;
  }

  apply(command: Command): LoggedCommand {
    const { entry } = this.timeline.apply(command);
    this.#entries.push(entry);
    return entry;
  }

  /** @returns how many batches it took */
  goTo(tick: number, batchesMax = 1000, pageMax = 1): number {
    const batches: TickBatch[] = [];
    const isBackwards = tick < this.timeline.world.tick;
    const seek = this.timeline.seek(tick, (batch) => batches.push(batch));
    while (!seek.done) {
      const after = seek.wantsAfter;
      if (after !== undefined) seek.feed(this.#entries.filter(({ sequence }) => sequence > after).slice(0, pageMax));
      seek.run(batchesMax);
    }
    seek.settle();
    if (isBackwards) this.#entries = this.#entries.filter(({ afterTick }) => afterTick <= tick);
    return batches.length;
  }
}
