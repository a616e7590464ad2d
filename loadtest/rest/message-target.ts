/** Where a plan's messages go: the first discussion room that the server lists. Looked for before the run begins. */
import { OptionError } from "../core/errors.js";
import { startDeadline } from "../core/deadline.js";
import { findEncodingFault, readBody } from "../core/read-body.js";
import type { Target } from "../core/target.js";

const timeoutMs = 10_000;
const pageBytesMax = 1024 * 1024;

interface RoomPage {
  readonly data: readonly { readonly id: string }[];
}

function isRoomPage(body: unknown): body is RoomPage {
  if (typeof body !== "object" || body === null || !("data" in body) || !Array.isArray(body.data)) return false;
  const rooms: readonly unknown[] = body.data;
  return rooms.every(
    (room) => typeof room === "object" && room !== null && "id" in room && typeof room.id === "string",
  );
}

interface Unusable {
  readonly reason: string;
  readonly cause?: unknown;
}

async function readJson(response: Response): Promise<unknown> {
  const bytes = await readBody(response, pageBytesMax);
  if (findEncodingFault(bytes, response.headers.get("content-type") ?? "") !== undefined) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

async function readRoom(url: string, target: Target, signal: AbortSignal): Promise<string | Unusable> {
  const response = await fetch(url, { headers: target.headers, signal });
  if (!response.ok) return { reason: `answers ${response.status}` };
  const body = await readJson(response);
  if (!isRoomPage(body)) return { reason: "answers with no list of rooms" };
  return body.data[0]?.id ?? { reason: "lists no room" };
}

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
  const url = `${target.base}/api/discussions?limit=1`;
  const deadline = startDeadline(withinMs, interruption);
  const room = await readRoom(url, target, deadline.signal)
    .catch((cause: unknown): Unusable => ({
      reason: deadline.isOver ? `does not answer within ${withinMs / 1000} s` : "does not answer",
      cause,
    }))
    .finally(() => deadline.cancel());
  if (typeof room === "string") return room;
  if (interruption?.aborted === true) return undefined;
  throw new OptionError(
    `The plan posts messages, and ${url} ${room.reason}: create a discussion there, or leave "messages" out of the plan.`,
    { cause: room.cause },
  );
}
