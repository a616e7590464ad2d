/** The rooms, and what was said in them: fetched over REST, kept up by events, the last messages of each room only. */
import { computed, signal } from "@preact/signals";
import type { Discussion, EventMessage } from "../../../schemas/generated/types.js";
import { onEvent } from "./connection.js";
import { atNextFrame } from "./frame.js";
import { getJson } from "./rest.js";
import { noteSimulatedTime } from "./simulation.js";

/** What is kept of a room; older messages are fetched when asked for. */
const messagesKept = 200;
const messagesFetched = 50;

const rooms = new Map<string, Discussion>();
const messagesByRoom = new Map<string, readonly EventMessage[]>();

export const discussions = signal<readonly Discussion[]>([]);
/** The last messages of each room, oldest first. */
export const messages = signal<ReadonlyMap<string, readonly EventMessage[]>>(new Map());

/** A message, and where it was said. */
export interface SaidMessage {
  readonly room: Discussion;
  readonly message: EventMessage;
}

/** What each author said last in any room. */
export const lastSaid = computed((): ReadonlyMap<string, SaidMessage> => {
  const last = new Map<string, SaidMessage>();
  for (const room of discussions.value) {
    for (const message of messages.value.get(room.id) ?? []) {
      const other = last.get(message.authorId)?.message;
      if (other === undefined || other.timestamp <= message.timestamp) last.set(message.authorId, { room, message });
    }
  }
  return last;
});

const anywhereKept = 100;

/** What was said last in all rooms together, oldest first. */
export const saidAnywhere = computed((): readonly SaidMessage[] =>
  discussions.value
    .flatMap((room) => (messages.value.get(room.id) ?? []).slice(-anywhereKept).map((message) => ({ room, message })))
    .sort(({ message: a }, { message: b }) => Number(a.timestamp > b.timestamp) - Number(a.timestamp < b.timestamp))
    .slice(-anywhereKept),
);

function flush(): void {
  discussions.value = [...rooms.values()];
  messages.value = new Map(messagesByRoom);
}

/** What was last said in each room, newest first. @throws {RestError} */
export async function fetchLastMessages(
  fetched: readonly Discussion[],
): Promise<ReadonlyMap<string, readonly EventMessage[]>> {
  const pages = fetched.map(async ({ id }) => {
    const path = `/api/discussions/${encodeURIComponent(id)}/messages?limit=${messagesFetched}`;
    return [id, (await getJson<{ data: EventMessage[] }>(path)).data] as const;
  });
  return new Map(await Promise.all(pages));
}

/** Takes over the rooms, and what was said in them since the rooms were asked for. */
export function setDiscussions(
  fetched: readonly Discussion[],
  lastMessages: ReadonlyMap<string, readonly EventMessage[]>,
): void {
  rooms.clear();
  messagesByRoom.clear();
  for (const room of fetched) {
    const page = lastMessages.get(room.id) ?? [];
    const newer = page.filter(({ timestamp }) => timestamp > (room.lastMessageAt ?? ""));
    const lastMessageAt = page[0]?.timestamp ?? room.lastMessageAt;
    rooms.set(room.id, {
      ...room,
      messageCount: room.messageCount + newer.length,
      ...(lastMessageAt !== undefined && { lastMessageAt }),
    });
    messagesByRoom.set(room.id, page.toReversed());
  }
  atNextFrame(flush);
}

/** `onUnknown` is told of messages in rooms that were never fetched. */
export function watchDiscussions(onUnknown: () => void): void {
  onEvent("discussion:new_message", ({ discussionId, message }) => {
    noteSimulatedTime(message.timestamp);
    const room = rooms.get(discussionId);
    if (room === undefined) {
      onUnknown();
      return;
    }
    const said = messagesByRoom.get(discussionId) ?? [];
    if (said.some(({ id }) => id === message.id)) return;
    messagesByRoom.set(discussionId, [...said, message].slice(-messagesKept));
    rooms.set(discussionId, { ...room, messageCount: room.messageCount + 1, lastMessageAt: message.timestamp });
    atNextFrame(flush);
  });
}
