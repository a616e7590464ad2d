/**
 * Frames of one subscriber that do not fit, in order of arrival, until they can be judged.
 *
 * What was looked for in the stream in vain is not looked for again before the stream has changed: a
 * subscriber that stays astray must not cost more with each frame.
 */
import type { Stretch } from "./batch-chain.js";

/** A frame that waits for judgement, with its arrival. */
export interface PendingFrame {
  readonly text: string;
  readonly atMs: number;
}

/** So many frames in a row prove a place: single frames recur. */
export const resyncFrames = 3;
/** And so many where all of them recur. */
const recurringFrames = 24;

/** The stream is looked for a little further ahead than frames are held; far ahead only now and then. */
const lookAheadItemsMin = 128;
const lookAheadItemsMax = 4096;
const framesBetweenFarLooks = 64;

/** Where held frames run along the stream again: the frames before it, and the items before it. */
export interface Resync {
  readonly window: Stretch;
  readonly row: number;
  readonly column: number;
}

/** Held by one subscriber; ordinary events are far from it in the time that one may wait. */
const heldCharactersMax = 1_000_000;

export class PendingFrames {
  readonly frames: PendingFrame[] = [];
  /** Frames before this one were looked for in vain. */
  #lookedAt = 0;
  #characters = 0;

  /** The stream or the cursor has moved: everything is looked for anew. */
  lookAgain(): void {
    this.#lookedAt = 0;
  }

  /** Held texts are so long that they must be judged, whatever could still explain them. */
  get isFull(): boolean {
    return this.#characters > heldCharactersMax;
  }

  add(frame: PendingFrame): void {
    this.frames.push(frame);
    this.#characters += frame.text.length;
  }

  /** Takes the first frames away. */
  take(count: number): PendingFrame[] {
    if (count > 0) this.#lookedAt = 0;
    const taken = this.frames.splice(0, count);
    for (const { text } of taken) this.#characters -= text.length;
    return taken;
  }

  /** The first place from which the frames run along the stream again. */
  findResync(ahead: (itemsMax: number) => Stretch): Resync | undefined {
    const { frames } = this;
    if (frames.length < resyncFrames) return undefined;
    let itemsMax = lookAheadItemsMin;
    while (itemsMax < frames.length + lookAheadItemsMin / 2) itemsMax *= 2;
    const isFar = frames.length % framesBetweenFarLooks === 0;
    const window = ahead(isFar ? lookAheadItemsMax : itemsMax);
    const found = findRun(frames, window, isFar ? 0 : this.#lookedAt);
    this.#lookedAt = Math.max(0, frames.length - recurringFrames + 1);
    return found === undefined ? undefined : { window, row: found[0], column: found[1] };
  }
}

/** Where the held frames from a row on run along the stream again: [held frames before, items before]. */
function findRun(
  held: readonly PendingFrame[],
  ahead: Stretch,
  fromRow: number,
): readonly [number, number] | undefined {
  for (let row = fromRow; row + resyncFrames <= held.length; row += 1) {
    for (const column of ahead.columns.get(held[row]!.text) ?? []) {
      if (!isProof(held, row, ahead, column)) continue;
      // Of several copies in a row the first is meant, by every subscriber alike.
      const { text } = held[row]!;
      let [firstRow, firstColumn] = [row, column];
      while (firstRow > 0 && held[firstRow - 1]!.text === text) firstRow -= 1;
      while (firstColumn > 0 && ahead.texts[firstColumn - 1] === text) firstColumn -= 1;
      return [firstRow, firstColumn];
    }
  }
  return undefined;
}

/** Frames that recur run along the stream in many places: among a few of them one must be the only one of its content. */
function isProof(held: readonly PendingFrame[], row: number, ahead: Stretch, column: number): boolean {
  let isUnique = false;
  for (let run = 0; row + run < held.length && run < recurringFrames; run += 1) {
    const { text } = held[row + run]!;
    if (text !== ahead.texts[column + run]) return false;
    isUnique ||= ahead.columns.get(text)?.length === 1;
    if (run + 1 >= (isUnique ? resyncFrames : recurringFrames)) return true;
  }
  return false;
}
