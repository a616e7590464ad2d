/**
 * Finds frames in the expected stream: where a subscription begins, and where a subscriber that went
 * astray runs along the stream again. Pure look-ups; what they mean is the matcher's to say.
 */
import { sameMeaning } from "./content.js";
import type { ExpectedBatch, Place, Stretch } from "./stream.js";

/** A frame that waits for judgement, with its arrival. */
export interface PendingFrame {
  readonly text: string;
  readonly atMs: number;
}

/** So many frames in a row prove a place: single frames recur. */
export const resyncFrames = 3;

/** When a batch was meant to leave; where nobody knows that, when it first came. */
export function instantOf({ intendedMs, firstMs }: ExpectedBatch): number {
  return Number.isNaN(intendedMs) ? firstMs : intendedMs;
}

/** The first batch that was meant to leave after an instant. */
export function findFirstAfter(recent: readonly ExpectedBatch[], atMs: number): ExpectedBatch | undefined {
  let place = recent.length;
  while (place > 0 && !(instantOf(recent[place - 1]) < atMs)) place -= 1;
  return recent[place];
}

/** Places where the stream reads like these frames. */
export function findPlaces(recent: readonly ExpectedBatch[], frames: readonly PendingFrame[]): Place[] {
  const places: Place[] = [];
  for (const batch of recent) {
    let item = batch.texts.indexOf(frames[0].text);
    while (item >= 0) {
      if (fits({ batch, item }, frames)) places.push({ batch, item });
      item = batch.texts.indexOf(frames[0].text, item + 1);
    }
  }
  return places;
}

function fits(place: Place, frames: readonly PendingFrame[]): boolean {
  let batch: ExpectedBatch | undefined = place.batch;
  let { item } = place;
  for (const { text } of frames) {
    while (batch !== undefined && item >= batch.size) {
      batch = batch.next;
      item = 0;
    }
    if (batch === undefined) return true;
    // A place that only runs beyond the end of the plan must not win over the right one, written in another way.
    if (batch.texts[item] !== text && !sameMeaning(batch.texts[item], text)) return false;
    item += 1;
  }
  return true;
}

/** Where the held frames from a row on run along the stream again: [held frames before, items before]. */
export function findRun(
  held: readonly PendingFrame[],
  ahead: Stretch,
  fromRow: number,
): readonly [number, number] | undefined {
  for (let row = fromRow; row + resyncFrames <= held.length; row += 1) {
    for (const column of ahead.columns.get(held[row].text) ?? []) {
      let run = 1;
      while (run < resyncFrames && held[row + run].text === ahead.texts[column + run]) run += 1;
      if (run < resyncFrames) continue;
      // Of several copies in a row the first is meant, by every subscriber alike.
      const { text } = held[row];
      let [firstRow, firstColumn] = [row, column];
      while (firstRow > 0 && held[firstRow - 1].text === text) firstRow -= 1;
      while (firstColumn > 0 && ahead.texts[firstColumn - 1] === text) firstColumn -= 1;
      return [firstRow, firstColumn];
    }
  }
  return undefined;
}
