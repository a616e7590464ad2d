/** One message of a log. */
import { formatDate, formatTime } from "../design/format.js";
import { memo } from "../design/memo.js";
import { Link } from "../permalink/link.js";
import type { Line } from "./reading.js";

export interface MessageLineProps extends Line {
  /** Whether the message before it was said on another day. */
  readonly beginsDay: boolean;
}

function drawLine({ message, room, beginsDay }: MessageLineProps) {
  const { authorName, authorId, timestamp, type, content } = message;
  const saidMs = Date.parse(timestamp);
  return (
    <li>
      {beginsDay && <p class="message-day">{formatDate(saidMs)}</p>}
      <p class="message-head">
        <b title={authorId}>{authorName}</b>
        <time dateTime={timestamp} title={timestamp}>
          {formatTime(saidMs)}
        </time>
        {type !== "text" && <span class="message-type">{type}</span>}
        {room !== undefined && <Link to={{ view: "discussions", room: room.id }}>{room.title}</Link>}
      </p>
      <p class="message-content">{content}</p>
    </li>
  );
}

/** A message never changes: of a log of hundreds only the new ones are drawn. */
export const MessageLine = memo(
  drawLine,
  (before, now) =>
    before.message === now.message &&
    before.room?.id === now.room?.id &&
    before.room?.title === now.room?.title &&
    before.beginsDay === now.beginsDay,
);
