/**
 * Which snapshots a store keeps: all of the last few, and of the past ever fewer, because people go back a little far
 * more often than far.
 *
 * They lie on a grid whose spacing is at most a quarter of their age. So after a restart, too, a seek back lives through
 * a small part of the way only, and the number of snapshots grows with the logarithm of the run.
 */

/** Ticks between two snapshots; a restart lives through at most so many. */
export const snapshotEveryTicks = 2400;
/** Commands after which there is one off the grid, so that a restart plays at most so many. */
export const snapshotEveryCommands = 2000;

function spacingAt(ageTicks: number): number {
  let spacing = snapshotEveryTicks;
  while (spacing * 8 <= ageTicks) spacing *= 2;
  return spacing;
}

/**
 * The newest one always stays. Off the grid it goes when there is a newer one: a stop leaves one at any tick, and who
 * posts much leaves many.
 *
 * @returns the ticks of those snapshots that are no longer kept
 */
export function outgrownSnapshots(ticks: readonly number[]): number[] {
  const newest = Math.max(...ticks);
  return ticks.filter((tick) => tick !== newest && tick % spacingAt(newest - tick) !== 0);
}
