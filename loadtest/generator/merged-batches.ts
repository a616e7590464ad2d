/** Fan-out of each batch over all generators. Those that learn the stream give its frames numbers of their own. */
import type { NamedFrame } from "../oracle/proposal-merger.js";
import type { BatchReport } from "./protocol.js";

/** Fan-out of a tick over all generators. */
export interface MergedBatch {
  readonly tick: number;
  readonly sequence: number;
  readonly intendedMs: number;
  firstMs: number;
  /** The latest first arrival of a generator. */
  firstMsMax: number;
  lastMs: number;
}

export class MergedBatches {
  readonly #merged = new Map<string, MergedBatch>();
  /** By generator: the numbers of its frames in the stream that all agree on; undefined where all have the same. */
  readonly #numbers: readonly Map<string, number>[] | undefined;
  /** Reports on frames that have no number yet. */
  #unnamed: (readonly [generator: number, report: BatchReport])[] = [];

  /** @param learning the number of generators that learn the stream, each for itself; 0: all have the same keys */
  constructor(learning: number) {
    this.#numbers = learning === 0 ? undefined : Array.from({ length: learning }, () => new Map());
  }

  get list(): MergedBatch[] {
    return [...this.#merged.values()];
  }

  add(generator: number, reports: readonly BatchReport[]): void {
    for (const report of reports) {
      const [tick, sequence] = report;
      const number = this.#numbers?.[generator]!.get(`${tick}/${sequence}`);
      if (number !== undefined) this.#add(number, 0, report);
      else if (this.#numbers === undefined) this.#add(tick, sequence, report);
      else this.#unnamed.push([generator, report]);
    }
  }

  /** Frames that generators have agreed on. */
  name(frames: readonly NamedFrame[]): void {
    for (const { number, frames: own } of frames)
      for (const [generator, frame] of own.entries())
        if (frame !== undefined) this.#numbers?.[generator]!.set(`${frame.tick}/${frame.sequence}`, number);
    const waiting = this.#unnamed;
    this.#unnamed = [];
    for (const [generator, report] of waiting) this.add(generator, [report]);
  }

  #add(tick: number, sequence: number, [, , intendedMs, firstMs, lastMs]: BatchReport): void {
    const key = `${tick}/${sequence}`;
    const known = this.#merged.get(key);
    if (known === undefined) {
      this.#merged.set(key, { tick, sequence, intendedMs, firstMs, firstMsMax: firstMs, lastMs });
      return;
    }
    known.firstMs = Math.min(known.firstMs, firstMs);
    known.firstMsMax = Math.max(known.firstMsMax, firstMs);
    known.lastMs = Math.max(known.lastMs, lastMs);
  }
}
