/**
 * A world with a past: it can be moved to any tick, and brings what people did along.
 *
 * Going forwards runs the ticks. Going backwards restores the nearest earlier snapshot and replays the rest, the
 * command log included, and then drops what came later: another timeline begins. Snapshots lie on a grid that
 * grows coarser as the run grows longer, and closer together near the present, so memory stays flat. The log itself is
 * kept by the caller, who hands it over page by page where a move needs it.
 */
import { PagedLog, playLog } from "./command-log.js";
import { SnapshotShelf } from "./snapshot-shelf.js";
import type { Command, LoggedCommand, TickBatch, World, WorldOptions, WorldSnapshot } from "../core/types.js";
import { createWorld, restoreWorld } from "../world/world.js";

/** Watches every batch and moves through time with the world; a `StreamDigest` is one. */
export interface TimelineObserver {
  observe(batch: TickBatch): void;
  /** Plain JSON. */
  state(): unknown;
}

/** A timeline at rest, as plain JSON. */
export interface TimelineSnapshot {
  readonly world: WorldSnapshot;
  /** Sequence of the last command that is in it. */
  readonly sequence: number;
  readonly observer: unknown;
}

export interface TimelineOptions<Observer extends TimelineObserver> {
  readonly world: WorldOptions;
  /** Makes the observer, anew or from the state of an earlier one. */
  readonly observer: (state?: unknown) => Observer;
  /** Ticks between snapshots while the run is short. @default 4800 */
  readonly snapshotEveryTicks?: number;
  /** Snapshots kept. @default 320 */
  readonly snapshotsMax?: number;
  /**
   * Goes on from the last of these snapshots; the others, earlier ones in order, are there to go back to. Seek past the
   * last command of the log before anything else.
   */
  readonly resume?: { readonly snapshots: readonly TimelineSnapshot[] };
}

/** A move to another tick, in slices. */
export interface Seek {
  /** True when the tick is reached. */
  done: boolean;
  /** The tick that has been reached so far. */
  readonly tick: number;
  /** The sequence after which it needs the log's next entries; undefined while it needs none. */
  readonly wantsAfter: number | undefined;
  /** Hands over the log's next entries, in order; none where it ends. */
  feed(entries: readonly LoggedCommand[]): void;
  /**
   * Runs at most this many batches, a tick or a command each, and stops where it needs the log. Call it until `done`,
   * then `settle`.
   */
  run(batchesMax: number): void;
  /** Makes what was reached the present. Only a move backwards needs it. */
  settle(): void;
}

/** A stretch of the past that is lived through once more, in slices. */
export interface Replay {
  /** True when its end is reached. */
  readonly isDone: boolean;
  /** The sequence after which it needs the log's next entries; undefined while it needs none. */
  readonly wantsAfter: number | undefined;
  feed(entries: readonly LoggedCommand[]): void;
  /** Runs at most this many batches, and stops where it needs the log. */
  run(batchesMax: number): void;
  /** What its observer has seen is what the present's had seen when it was there, if nothing differs. */
  readonly observerState: unknown;
}

/** @throws MismatchError when what is resumed is of another simulator version or another world */
export function createTimeline<Observer extends TimelineObserver>(
  options: TimelineOptions<Observer>,
): Timeline<Observer> {
  return new Timeline(options);
}

interface Moment<Observer> {
  readonly world: World;
  readonly observer: Observer;
  sequence: number;
}

export class Timeline<Observer extends TimelineObserver> {
  readonly #options: TimelineOptions<Observer>;
  readonly #shelf: SnapshotShelf<TimelineSnapshot>;
  #now: Moment<Observer>;
  /** Resumed from a snapshot, and not led past the log's last command yet. */
  #isBehindLog: boolean;

  constructor(options: TimelineOptions<Observer>) {
    this.#options = options;
    const { snapshotEveryTicks = 4800, snapshotsMax = 320, resume } = options;
    this.#shelf = new SnapshotShelf(snapshotEveryTicks, snapshotsMax);
    const last = resume?.snapshots.at(-1);
    this.#now = last === undefined ? this.#begin() : this.#restore(last);
    this.#isBehindLog = resume !== undefined;
    for (const earlier of resume?.snapshots.slice(0, -1) ?? []) this.#shelf.put(earlier.world.tick, earlier);
    this.#keep(this.#now);
  }

  get world(): World {
    return this.#now.world;
  }

  get observer(): Observer {
    return this.#now.observer;
  }

  /** The number that the next command will have. */
  get nextSequence(): number {
    return this.#now.sequence + 1;
  }

  /** How many snapshots are kept, and their size. */
  get kept(): { readonly snapshots: number; readonly bytes: number } {
    return { snapshots: this.#shelf.size, bytes: this.#shelf.bytes };
  }

  step(): TickBatch {
    this.#assertCaughtUp();
    const batch = this.#now.world.step();
    this.#now.observer.observe(batch);
    this.#keepIfDue(this.#now);
    return batch;
  }

  /** Applies a command between two ticks; the caller keeps the entry. Ask the world first whether it refuses. */
  apply(command: Command): { readonly batch: TickBatch; readonly entry: LoggedCommand } {
    this.#assertCaughtUp();
    const batch = this.#now.world.apply(command);
    const entry = { afterTick: this.#now.world.tick, sequence: this.nextSequence, command };
    this.#now.sequence = entry.sequence;
    this.#now.observer.observe(batch);
    return { batch, entry };
  }

  /**
   * Begins a move to a tick; nothing happens before its `run`. A move forwards that is abandoned has moved the world
   * as far as it came. A move backwards has moved nothing before it is settled; then commands logged after the target
   * tick, and those alone, must be dropped from the log.
   *
   * @param onBatch is given every batch of the way; behind the present tick they are repetitions
   */
  seek(toTick: number, onBatch: (batch: TickBatch) => void = () => {}): Seek {
    const backwards = toTick < this.#now.world.tick;
    const moment = backwards ? this.#before(toTick) : this.#now;
    // The present has all of its commands in it, but where it was resumed.
    const log = new PagedLog(moment.sequence, !backwards && !this.#isBehindLog);
    const play = this.#play(moment, log, toTick, onBatch);
    const branch = () => this.#branch(moment);
    const reach = () => {
      if (!backwards) this.#isBehindLog = false;
    };
    return {
      done: false,
      get tick() {
        return moment.world.tick;
      },
      get wantsAfter() {
        return this.done ? undefined : log.wantsAfter;
      },
      feed: (entries) => log.add(entries),
      run(batchesMax) {
        for (let ran = 0; ran < batchesMax && !this.done && log.wantsAfter === undefined; ran++) {
          if (play.next().done !== true) continue;
          this.done = true;
          reach();
        }
      },
      settle() {
        if (!this.done) throw new Error(`The move to tick ${toTick} has come to ${moment.world.tick} only`);
        if (backwards) branch();
      },
    };
  }

  /**
   * Lives through the past up to a place once more, beside the present, which stays as it is: the tick, and the commands
   * after it up to this sequence. Nothing happens before its `run`.
   *
   * @param fromTick it begins at a snapshot of this tick or before
   * @param onBatch is given every batch; `sequence` is that of the command that made it
   */
  replay(
    fromTick: number,
    to: { readonly tick: number; readonly sequence: number },
    onBatch: (batch: TickBatch, sequence: number | undefined) => void,
  ): Replay {
    const moment = this.#before(fromTick);
    const log = new PagedLog(moment.sequence, moment.sequence >= to.sequence);
    const play = playLog(moment.world, log, to.tick, moment.sequence);
    let isDone = false;
    return {
      get isDone() {
        return isDone;
      },
      get wantsAfter() {
        return isDone ? undefined : log.wantsAfter;
      },
      feed: (entries) => log.add(entries.filter(({ sequence }) => sequence <= to.sequence)),
      run(batchesMax) {
        for (let ran = 0; ran < batchesMax && !isDone && log.wantsAfter === undefined; ran++) {
          const { done, value } = play.next();
          if (done === true) isDone = true;
          else if (value !== undefined) {
            moment.observer.observe(value.batch);
            onBatch(value.batch, value.entry?.sequence);
          }
        }
      },
      get observerState() {
        return moment.observer.state();
      },
    };
  }

  /** The present as plain JSON, to resume from. */
  snapshot(): TimelineSnapshot {
    return this.#snapshotOf(this.#now);
  }

  *#play(
    moment: Moment<Observer>,
    log: PagedLog,
    toTick: number,
    onBatch: (batch: TickBatch) => void,
  ): Generator<void, void> {
    for (const played of playLog(moment.world, log, toTick, moment.sequence)) {
      if (played === undefined) {
        yield;
        continue;
      }
      const { batch, entry } = played;
      if (entry !== undefined) moment.sequence = entry.sequence;
      moment.observer.observe(batch);
      onBatch(batch);
      this.#keepIfDue(moment);
      yield;
    }
  }

  #branch(moment: Moment<Observer>): void {
    this.#shelf.dropAfter(moment.world.tick);
    this.#now = moment;
  }

  #before(tick: number): Moment<Observer> {
    const snapshot = this.#shelf.before(tick);
    return snapshot === undefined ? this.#begin() : this.#restore(snapshot);
  }

  #begin(): Moment<Observer> {
    return { world: createWorld(this.#options.world), observer: this.#options.observer(), sequence: 0 };
  }

  #restore({ world, sequence, observer }: TimelineSnapshot): Moment<Observer> {
    return {
      world: restoreWorld(this.#options.world, world),
      observer: this.#options.observer(observer),
      sequence,
    };
  }

  #snapshotOf({ world, observer, sequence }: Moment<Observer>): TimelineSnapshot {
    return { world: world.snapshot(), sequence, observer: observer.state() };
  }

  #keepIfDue(moment: Moment<Observer>): void {
    if (this.#shelf.wants(moment.world.tick)) this.#keep(moment);
  }

  #keep(moment: Moment<Observer>): void {
    this.#shelf.put(moment.world.tick, this.#snapshotOf(moment));
  }

  #assertCaughtUp(): void {
    if (this.#isBehindLog) throw new Error("Seek past the last command of the log before anything else");
  }
}
