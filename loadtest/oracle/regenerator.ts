/**
 * Regenerates the stream of a simulated server from seed, scenario and command log.
 *
 * Plans ahead of the live edge as if nobody did anything more. A command that becomes known later is
 * played in from a snapshot before it, and only batches that came out otherwise are handed on again.
 */
import { encodeEvent } from "../../schemas/event-text.js";
import type { Scenario, Simulation } from "../../schemas/index.js";
import {
  type LoggedCommand,
  type World,
  type WorldOptions,
  type WorldSnapshot,
  createWorld,
  playLog,
  restoreWorld,
} from "../../simulator/index.js";
import { type BatchKey, type PlannedBatch, compareKeys } from "./expected-batch.js";

const snapshotEveryTicks = 40;
const snapshotsMax = 32;

export interface Amendment {
  readonly batches: readonly PlannedBatch[];
  readonly removed: readonly BatchKey[];
}

interface Shelf {
  readonly snapshot: WorldSnapshot;
  /** Last command that is in it. */
  readonly sequence: number;
}

export class Regenerator {
  readonly #options: WorldOptions;
  readonly #intendedMs: (batch: BatchKey) => number;
  readonly #log: LoggedCommand[] = [];
  #world: World;
  #sequence = 0;
  /** The last batch that was skipped: it and those before are never handed on. */
  #skipped: BatchKey = { tick: -1, sequence: 0 };
  readonly #shelves: Shelf[] = [];
  /** What was handed on, by key, as far back as the snapshots reach. */
  readonly #handed = new Map<string, PlannedBatch>();

  constructor(simulation: Simulation, scenario: Scenario, intendedMs: (batch: BatchKey) => number) {
    const { seed, start, tickMs } = simulation;
    this.#options = { seed, scenario, startMs: Date.parse(start), tickMs };
    this.#intendedMs = intendedMs;
    this.#world = createWorld(this.#options);
    this.#keepSnapshot();
  }

  get tick(): number {
    return this.#world.tick;
  }

  /**
   * Moves to a tick without handing anything on: what came before the first subscriber. Yields after each step, for
   * whoever has to give way or to stop. Nothing is encoded, and only the last snapshots are taken.
   */
  *skipTo(tick: number, log: readonly LoggedCommand[]): Generator<void, void, undefined> {
    for (const entry of log) this.#log.push(entry);
    const keptFromTick = tick - snapshotsMax * snapshotEveryTicks;
    try {
      for (const { entry } of playLog(this.#world, this.#log, tick)) {
        if (entry !== undefined) this.#sequence = entry.sequence;
        else if (this.#world.tick <= keptFromTick) this.#shelves.length = 0;
        else if (this.#shelves.length === 0 || this.#world.tick % snapshotEveryTicks === 0) this.#keepSnapshot();
        yield;
      }
    } finally {
      if (this.#shelves.length === 0) this.#keepSnapshot();
      this.#skipped = { tick: this.#world.tick, sequence: this.#sequence };
    }
  }

  /** The batches up to a tick, as far as they are not planned yet. */
  planTo(tick: number): PlannedBatch[] {
    return tick <= this.#world.tick ? [] : [...this.#play(tick)];
  }

  /** Takes what the log has more now, and tells what it changes in the batches already planned. */
  amend(entries: readonly LoggedCommand[]): Amendment {
    if (entries.length === 0) return { batches: [], removed: [] };
    for (const entry of entries) this.#log.push(entry);
    const { tick } = this.#world;
    this.#restoreBefore(Math.min(tick, entries[0]!.afterTick));
    const before = new Map(this.#handed);
    const from = { tick: this.#world.tick, sequence: this.#sequence };
    for (const [key, batch] of this.#handed) if (compareKeys(batch, from) > 0) this.#handed.delete(key);
    const batches: PlannedBatch[] = [];
    for (const batch of this.#play(tick)) {
      const isNew = !sameTexts(before.get(keyOf(batch)), batch);
      if (isNew && compareKeys(batch, this.#skipped) > 0) batches.push(batch);
    }
    const removed = [...before.values()].filter((batch) => !this.#handed.has(keyOf(batch)) && batch.tick <= tick);
    return { batches, removed };
  }

  *#play(toTick: number): Generator<PlannedBatch> {
    for (const { batch, entry } of playLog(this.#world, this.#log, toTick, this.#sequence)) {
      if (entry !== undefined) this.#sequence = entry.sequence;
      const key = { tick: batch.tick, sequence: entry?.sequence ?? 0 };
      const planned: PlannedBatch = { ...key, intendedMs: this.#intendedMs(key), texts: batch.events.map(encodeEvent) };
      this.#handed.set(keyOf(planned), planned);
      if (entry === undefined && batch.tick % snapshotEveryTicks === 0) this.#keepSnapshot();
      yield planned;
    }
  }

  #keepSnapshot(): void {
    this.#shelves.push({ snapshot: this.#world.snapshot(), sequence: this.#sequence });
    if (this.#shelves.length <= snapshotsMax) return;
    this.#shelves.shift();
    const oldest = this.#shelves[0]!.snapshot.tick;
    for (const [key, batch] of this.#handed) if (batch.tick <= oldest) this.#handed.delete(key);
  }

  #restoreBefore(tick: number): void {
    while (this.#shelves.length > 1 && this.#shelves[this.#shelves.length - 1]!.snapshot.tick > tick)
      this.#shelves.pop();
    const shelf = this.#shelves[this.#shelves.length - 1]!;
    this.#world = restoreWorld(this.#options, shelf.snapshot);
    this.#sequence = shelf.sequence;
  }
}

function keyOf({ tick, sequence }: BatchKey): string {
  return `${tick}/${sequence}`;
}

function sameTexts(a: PlannedBatch | undefined, b: PlannedBatch): boolean {
  return a !== undefined && a.texts.length === b.texts.length && a.texts.every((text, at) => text === b.texts[at]);
}
