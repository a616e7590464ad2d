/** The rooms to choose from, each with what was said last and how much since one looked. */
import type { Discussion } from "../../../schemas/generated/types.js";
import { messages } from "../feed/discussions.js";
import { Link } from "../permalink/link.js";

/** Messages that there were when a room was last looked at; for this page's life. */
const seen = new Map<string, number>();

/** How many messages came since the room was last looked at. */
function unreadOf({ id, messageCount }: Discussion, isOpen: boolean): number {
  const before = seen.get(id) ?? messageCount;
  // Fewer than before: another timeline.
  seen.set(id, isOpen || messageCount < before ? messageCount : before);
  return isOpen ? 0 : Math.max(0, messageCount - before);
}

function Room({ room, isOpen }: { readonly room: Discussion; readonly isOpen: boolean }) {
  const last = messages.value.get(room.id)?.at(-1);
  const unread = unreadOf(room, isOpen);
  return (
    <li>
      <Link class="room" to={{ room: room.id }} aria-current={isOpen ? "true" : undefined}>
        <span class="room-title" title={room.title}>
          {room.title}
        </span>
        {unread > 0 && (
          <span class="room-unread">
            {unread > 99 ? "99+" : unread}
            <span class="visually-hidden"> new</span>
          </span>
        )}
        <span class="room-last" aria-hidden="true">
          {last === undefined ? "Nothing said yet" : `${last.authorName}: ${last.content}`}
        </span>
      </Link>
    </li>
  );
}

export interface RoomsProps {
  readonly rooms: readonly Discussion[];
  readonly openId: string;
}

export function Rooms({ rooms, openId }: RoomsProps) {
  return (
    <nav class="rooms" aria-label="Rooms">
      <ul>
        {rooms.map((room) => (
          <Room key={room.id} room={room} isOpen={room.id === openId} />
        ))}
      </ul>
    </nav>
  );
}
