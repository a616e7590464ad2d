/** How fresh the feed is, in the header: its state, transport, round trip, events a second, and what compression saves. */
import { Badge, type Tone } from "../design/badge.js";
import { formatAge } from "../design/format.js";
import { transport } from "../feed/connection.js";
import { eventsPerSecond } from "../feed/event-log.js";
import { type Freshness, freshness } from "../feed/freshness.js";
import { compressedConnections, compressionRatio, roundTripMs } from "../feed/round-trip.js";

const states: Readonly<Record<Freshness["kind"], readonly [tone: Tone, text: string]>> = {
  connecting: ["busy", "Connecting"],
  fetching: ["busy", "Fetching"],
  live: ["good", "Live"],
  paused: ["good", "Live, paused"],
  seeking: ["busy", "Live, seeking"],
  behind: ["bad", "Behind"],
  silent: ["bad", "Silent"],
  lost: ["bad", "Connection lost"],
  failed: ["bad", "Not up to date"],
};

const transports: Readonly<Record<string, string>> = { websocket: "WebSocket", polling: "Polling" };

function Figure({ name, title, value }: { readonly name: string; readonly title: string; readonly value: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** How far behind, in simulated time and in real time. Not part of the state that is read out: it counts. */
function Behind() {
  const now = freshness.value;
  if (now.kind !== "behind") return null;
  return (
    <small
      class="feed-behind"
      title="The market has gone on by so much since what is shown here; in brackets, for how long that has been on its way"
    >
      {`by ${formatAge(now.simulatedMs)} (${formatAge(now.forMs)})`}
    </small>
  );
}

export function FeedStatus() {
  const [tone, text] = states[freshness.value.kind];
  const by = transport.value;
  const tripMs = roundTripMs.value;
  const ratio = compressionRatio.value;
  const { compressed, connections } = compressedConnections.value;
  return (
    <div class="feed-status">
      <span role="status">
        <Badge tone={tone}>{text}</Badge>
      </span>
      <Behind />
      <dl>
        <Figure
          name="Transport"
          title="How events arrive at this page"
          value={by === undefined ? "–" : (transports[by] ?? by)}
        />
        <Figure
          name="Round trip"
          title="From this page to the server and back, by GET /health every five seconds"
          value={tripMs === undefined ? "–" : `${tripMs.toFixed(tripMs < 10 ? 1 : 0)}\u202fms`}
        />
        <Figure
          name="Events"
          title="Events a second, mean of the last ten seconds"
          value={`${eventsPerSecond.value.toFixed(0)}\u202f/s`}
        />
        <Figure
          name="Compression"
          title={`How many times fewer bytes broadcasts take; ${compressed} of ${connections} connections get them compressed`}
          value={ratio === undefined ? "–" : `${ratio.toFixed(1)}\u202f×`}
        />
      </dl>
    </div>
  );
}
