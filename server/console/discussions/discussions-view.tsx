/** The discussion rooms: one is open, the others tell how much is new in them. */
import { useMemo } from "preact/hooks";
import type { Discussion } from "../../../schemas/generated/types.js";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { discussions, messages } from "../feed/discussions.js";
import { sectors } from "../feed/market.js";
import { fetchOlder } from "../feed/older-messages.js";
import { parameter } from "../permalink/address.js";
import { Link } from "../permalink/link.js";
import { MessageLog } from "./message-log.js";
import { PostForm } from "./post-form.js";
import type { Line } from "./reading.js";
import { Rooms } from "./rooms.js";
import "./discussions.css";

const asked = parameter("room");

function OpenRoom({ room }: { readonly room: Discussion }) {
  const { id, title, sectorId, messageCount } = room;
  const said = messages.value.get(id);
  const live = useMemo(
    () => ({ lines: (said ?? []).map((message) => ({ message })), count: messageCount }),
    [said, messageCount],
  );
  const sector = sectors.value.find((sector) => sector.id === sectorId);
  return (
    <Panel
      id="room"
      flush
      title={title}
      actions={
        <small>
          {sector !== undefined && (
            <>
              about <Link to={{ view: undefined, sector: sector.id }}>{sector.facts.name}</Link>,{" "}
            </>
          )}
          {messageCount} {messageCount === 1 ? "message" : "messages"}
        </small>
      }
    >
      <MessageLog
        label={`Messages in ${title}`}
        live={live}
        isAnnounced
        fetchOlder={async ({ message }: Line, cursor) => {
          const older = await fetchOlder(id, message.id, cursor);
          return { lines: older.messages.map((message) => ({ message })), cursor: older.cursor };
        }}
      />
      <PostForm room={room} />
    </Panel>
  );
}

export function DiscussionsView() {
  const rooms = discussions.value;
  const room = rooms.find(({ id }) => id === asked.value) ?? rooms[0];
  if (room === undefined) {
    return (
      <EmptyState title="No rooms">
        Create one with <code>POST /api/discussions</code>.
      </EmptyState>
    );
  }
  return (
    <div class="discussions-columns">
      <Rooms rooms={rooms} openId={room.id} />
      <OpenRoom key={room.id} room={room} />
    </div>
  );
}
