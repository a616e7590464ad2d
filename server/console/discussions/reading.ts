/**
 * What is drawn of a log of messages while somebody reads it.
 *
 * At its end the log is live and follows what is said. Above that it is held: nothing that is drawn moves,
 * what is said meanwhile is only counted, and older messages are put before it. Memory stays flat, however
 * long a page is left alone in either state.
 */
import type { Discussion, EventMessage } from "../../../schemas/generated/types.js";

/** A message, with its room where several are shown together. */
export interface Line {
  readonly message: EventMessage;
  readonly room?: Discussion;
}

/** A log that is held. */
export interface Held {
  /** Oldest first. */
  readonly lines: readonly Line[];
  /** Messages that there were when the last of them had come. */
  readonly count: number;
}

/** A log as it is now: its last lines, and how many messages there ever were. */
export type Live = Held;

export function hold({ lines, count }: Live): Held {
  return { lines, count };
}

/** How many messages came since. Undefined when what is held is of another timeline. */
export function newSince(held: Held, live: Live): number | undefined {
  const since = live.count - held.count;
  if (since < 0) return undefined;
  // Soon after a step back another timeline may have as many messages: the last one that is held is not among them.
  const lastId = held.lines.at(-1)?.message.id;
  const isKnown = since >= live.lines.length || live.lines.some(({ message }) => message.id === lastId);
  return isKnown ? since : undefined;
}

/** The reader has come to the end of what is held: what came since follows, or undefined where that is too much to keep. */
export function continued(held: Held, live: Live): Held | undefined {
  const lastId = held.lines.at(-1)?.message.id;
  const at = live.lines.findLastIndex(({ message }) => message.id === lastId);
  return at === -1 ? undefined : { lines: [...held.lines, ...live.lines.slice(at + 1)], count: live.count };
}

/** Older messages, oldest first, put before what is held. */
export function withOlder(held: Held, older: readonly Line[]): Held {
  const known = new Set(held.lines.map(({ message }) => message.id));
  return { lines: [...older.filter(({ message }) => !known.has(message.id)), ...held.lines], count: held.count };
}
