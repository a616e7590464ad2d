/**
 * The command log: what people did, and between which ticks. With seed, scenario and start it gives the session again.
 */
import type { WorldIdentity } from "../core/errors.js";
import type { LoggedCommand, TickBatch, World } from "../core/types.js";

/** A log as it is kept in a file: with the world that it belongs to. */
export interface CommandLog extends WorldIdentity {
  readonly entries: readonly LoggedCommand[];
}

/** One batch of a replay. */
export interface Played {
  readonly batch: TickBatch;
  /** The command that made it; absent for a tick's own. */
  readonly entry?: LoggedCommand;
}

/**
 * Moves a world on to `toTick`, applying the log's commands in their places, and yields every batch on the way.
 * Those after `toTick`, the present one included, are applied when they are due and never early; one that is due
 * already, at once.
 *
 * @param afterSequence entries up to this one are applied already: a snapshot can lie between two commands of one tick
 */
export function* playLog(
  world: World,
  entries: readonly LoggedCommand[],
  toTick: number,
  afterSequence: number = 0,
): Generator<Played, void, undefined> {
  let next = entries.findIndex(({ sequence }) => sequence > afterSequence);
  if (next === -1) next = entries.length;
  for (;;) {
    for (; next < entries.length && entries[next].afterTick <= world.tick; next++) {
      const entry = entries[next];
      yield { batch: world.apply(entry.command), entry };
    }
    if (world.tick >= toTick) return;
    yield { batch: world.step() };
  }
}
