/** Whether the feed is fresh: connection, transport, round trip, events a second. */
import { Badge, type Tone } from "../design/badge.js";
import { type ConnectionState, connection, transport } from "../feed/connection.js";
import { eventsPerSecond } from "../feed/event-log.js";
import { roundTripMs } from "../feed/round-trip.js";

const states: Readonly<Record<ConnectionState, { readonly tone: Tone; readonly text: string }>> = {
  connecting: { tone: "busy", text: "Connecting" },
  live: { tone: "good", text: "Live" },
  lost: { tone: "bad", text: "Connection lost" },
};

export function FeedStatus() {
  const { tone, text } = states[connection.value];
  const transports: Readonly<Record<string, string>> = { websocket: "WebSocket", polling: "Polling" };
  return (
    <div class="feed-status">
      <span role="status">
        <Badge tone={tone}>{text}</Badge>
      </span>
      <dl>
        <div>
          <dt>Transport</dt>
          <dd>{transport.value === undefined ? "–" : (transports[transport.value] ?? transport.value)}</dd>
        </div>
        <div>
          <dt>Round trip</dt>
          <dd>{roundTripMs.value === undefined ? "–" : `${roundTripMs.value.toFixed(1)}\u202fms`}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{`${eventsPerSecond.value.toFixed(0)}\u202f/s`}</dd>
        </div>
      </dl>
    </div>
  );
}
