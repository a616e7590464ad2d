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

function flush(): void {
  discussions.value = [...rooms.values()];
  messages.value = new Map(messagesByRoom);
}

/** Takes over the rooms, and fetches what was last said in each. */
export async function setDiscussions(fetched: readonly Discussion[]): Promise<void> {
  const pages = await Promise.all(
    fetched.map(async ({ id }) => {
      const path = `/api/discussions/${encodeURIComponent(id)}/messages?limit=${messagesFetched}`;
      return [id, (await getJson<{ data: EventMessage[] }>(path)).data] as const;
    }),
  );
  rooms.clear();
  messagesByRoom.clear();
  for (const room of fetched) rooms.set(room.id, room);
  for (const [id, page] of pages) messagesByRoom.set(id, page.toReversed());
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
