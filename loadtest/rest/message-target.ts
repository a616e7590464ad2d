/** Where a plan's messages go: the first discussion room that the server lists. Looked for before the run begins. */
import { OptionError } from "../core/errors.js";
import type { Target } from "../core/target.js";
import { readRooms, roomsPath } from "../core/target-requests.js";

const timeoutMs = 10_000;

/**
 * Resolves with the room's id; undefined when the run is interrupted meanwhile.
 *
 * @param withinMs milliseconds for the whole answer
 * @throws {OptionError} when there is none
 */
export async function findMessageTarget(
  target: Target,
  interruption?: AbortSignal,
  withinMs = timeoutMs,
): Promise<string | undefined> {
  const reading = await readRooms(target, { signal: interruption, withinMs });
  const room = "content" in reading ? reading.content.data[0]?.id : undefined;
  if (room !== undefined || interruption?.aborted === true) return room;
  const reason = "problem" in reading ? reading.problem : "lists no room";
  throw new OptionError(
    `The plan posts messages, and GET ${target.base}${roomsPath} ${reason}: create a discussion there, or leave "messages" out of the plan.`,
  );
}
