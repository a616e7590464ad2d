/**
 * What other members of a cluster broadcast before this one was there: the log has the moves, and the world, run again
 * from a snapshot, gives the bytes.
 *
 * Invariant: it is told only where the digest of what was run again is that of the own world at the same place.
 */
import { setImmediate as immediate } from "node:timers/promises";
import type { ContractEvent } from "../../schemas/index.js";
import type { LoggedCommand } from "../../simulator/index.js";
import { type CommandEntry, type MoveEntry, type Position, isSamePlace, placeBefore } from "../cluster/entry.js";
import { monotonicMs } from "../core/timers.js";
import { runSlice } from "../core/time-slice.js";
import type { Store } from "../store/store.js";
import type { DigestedTimeline } from "./timelines.js";

/** Ticks that are run again at most, and for how long. */
const ticksMax = 20_000;
const runMsMax = 4000;
/** Batches between two looks at the clock; about a millisecond. */
const batchesPerLook = 32;
/** Commands that are read at once. */
const logPage = 500;

export interface EarlierMovesOptions {
  /** At the place from which this member plays what is decided. */
  readonly timeline: DigestedTimeline;
  readonly store: Pick<Store, "commands">;
  /** Told the name of each batch that was broadcast, in their order. */
  readonly onBatch: (name: string) => void;
}

/** Of the end of what was broadcast earlier; nobody has had it. */
const endName = "joined";

/** By these names, and that of a broadcast, subscribers can tell what they have had last. */
export function tickName(tick: number): string {
  return `t${tick}`;
}

export function commandName(sequence: number): string {
  return `c${sequence}`;
}

function nameOf(move: MoveEntry): string | undefined {
  if (move.kind === "skip") return undefined;
  return move.kind === "tick" ? tickName(move.tick) : commandName(move.sequence);
}

/** Where the move leaves a world. */
function placeAfter(move: MoveEntry): Position {
  return { tick: move.kind === "skip" ? move.toTick : move.tick, sequence: move.sequence };
}

function isAfter(one: Position, other: Position): boolean {
  return one.tick > other.tick || one.sequence > other.sequence;
}

export class EarlierMoves {
  readonly #options: EarlierMovesOptions;
  readonly #joined: Position;
  readonly #joinedState: string;
  /** In the order of the log. */
  #moves: MoveEntry[] = [];

  constructor(options: EarlierMovesOptions) {
    this.#options = options;
    const { timeline } = options;
    this.#joined = { tick: timeline.world.tick, sequence: timeline.nextSequence - 1 };
    this.#joinedState = JSON.stringify(timeline.observer.state());
  }

  /** A move of the log, in its place. */
  take(move: MoveEntry): void {
    // What is announced once more does not come where it was broadcast.
    if (move.isAgain === true) return;
    const last = this.#moves.at(-1);
    if (last !== undefined && !isAfter(placeAfter(move), placeAfter(last))) return;
    this.#moves.push(move);
    const name = nameOf(move);
    if (name !== undefined) this.#options.onBatch(name);
  }

  /**
   * There are no others: this member plays the next one. What the application has broadcast after the last of these
   * must not pass for the last before that one, and so there is a name for the end, too.
   */
  end(): void {
    this.#options.onBatch(endName);
  }

  /** See `FollowingSimulation.regenerate`. */
  async regenerate(name: string): Promise<ReadonlyMap<string, readonly ContractEvent[]>> {
    if (name === endName) return this.#regenerateNothing();
    const moves = this.#movesFrom(name);
    const before = placeBefore(moves[0]);
    // A snapshot of that tick may lie behind commands that come after it.
    const fromTick = moves[0].kind === "command" ? before.tick - 1 : before.tick;
    const batches = new Map<string, readonly ContractEvent[]>([[endName, []]]);
    const replay = this.#options.timeline.replay(fromTick, this.#joined, (batch, sequence) => {
      batches.set(sequence === undefined ? tickName(batch.tick) : commandName(sequence), batch.events);
    });
    const commands = moves.filter((move) => move.kind === "command");
    const lateMs = monotonicMs() + runMsMax;
    while (!replay.isDone) {
      if (monotonicMs() > lateMs) throw new Error(`The past could not be run again within ${runMsMax} ms.`);
      const { wantsAfter } = replay;
      if (wantsAfter !== undefined) replay.feed(await this.#commandsAfter(wantsAfter, before.sequence, commands));
      runSlice(
        () => replay.isDone || replay.wantsAfter !== undefined,
        () => replay.run(batchesPerLook),
      );
      await immediate();
    }
    if (JSON.stringify(replay.observerState) !== this.#joinedState)
      throw new Error("The past was another one when it was run again.");
    return batches;
  }

  #regenerateNothing(): ReadonlyMap<string, readonly ContractEvent[]> {
    const last = this.#moves.at(-1);
    if (last === undefined || !isSamePlace(placeAfter(last), this.#joined))
      throw new Error(`The log lacks what comes before tick ${this.#joined.tick}.`);
    return new Map([[endName, []]]);
  }

  /** The moves from this one on, without a gap to where this member began. */
  #movesFrom(name: string): readonly [MoveEntry, ...MoveEntry[]] {
    const [first, ...others] = this.#moves.slice(this.#moves.findIndex((move) => nameOf(move) === name));
    if (first === undefined || nameOf(first) !== name) throw new Error(`The log no longer has ${name}.`);
    let place = placeAfter(first);
    for (const move of others) {
      if (!isSamePlace(placeBefore(move), place)) throw new Error(`The log lacks what comes after tick ${place.tick}.`);
      place = placeAfter(move);
    }
    if (!isSamePlace(place, this.#joined)) throw new Error(`The log lacks what comes after tick ${place.tick}.`);
    if (place.tick - first.tick > ticksMax) throw new Error(`More than ${ticksMax} ticks are not run again.`);
    return [first, ...others];
  }

  /** Those of the log are in their places; those before may not be in the log any more. */
  async #commandsAfter(
    sequence: number,
    storedSequence: number,
    commands: readonly CommandEntry[],
  ): Promise<readonly LoggedCommand[]> {
    if (sequence < storedSequence) {
      const stored = await this.#options.store.commands(sequence, logPage);
      return stored.filter((entry) => entry.sequence <= storedSequence);
    }
    return commands
      .filter((entry) => entry.sequence > sequence)
      .map(({ tick: afterTick, sequence: at, command }) => ({ afterTick, sequence: at, command }));
  }
}
