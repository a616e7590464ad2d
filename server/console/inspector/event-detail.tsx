/** One event in full: its verdict with every violation, its JSON, and the way to its tile. */
import { useEffect } from "preact/hooks";
import { Badge, type Tone } from "../design/badge.js";
import { CopyButton } from "../design/copy-button.js";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import type { LoggedEvent } from "../feed/event-log.js";
import { type Verdict, verdictOf } from "../feed/verdict.js";
import { Link } from "../permalink/link.js";
import { toJson } from "./event-filter.js";
import { formatInstant } from "./event-row.js";
import { selected } from "./matches.js";
import { placeOf } from "./places.js";

const verdicts: Readonly<Record<Verdict, { readonly tone: Tone; readonly says: string }>> = {
  fits: { tone: "good", says: "Fits the contract" },
  undocumented: { tone: "busy", says: "Has undocumented fields" },
  broken: { tone: "bad", says: "Breaks the contract" },
};

function PlaceLink({ event }: { readonly event: LoggedEvent }) {
  const place = placeOf(event);
  if (place === undefined) return null;
  return (
    <Link class="button" to={place.to}>
      {`Go to ${place.name}`}
    </Link>
  );
}

export function EventDetail() {
  const event = selected.value;
  // On a phone it stands below the list.
  useEffect(() => {
    if (event !== undefined) document.getElementById("event")?.scrollIntoView({ block: "nearest" });
  }, [event]);
  if (event === undefined) {
    return (
      <Panel id="event" title="Event" class="event-detail">
        <EmptyState title="No event picked">
          Pick one in the list, or press <kbd>↓</kbd> there. The list then stands still.
        </EmptyState>
      </Panel>
    );
  }
  const { tone, says } = verdicts[verdictOf(event.violations)];
  return (
    <Panel
      id="event"
      title={`Event ${event.sequence}`}
      class="event-detail"
      actions={
        <>
          <PlaceLink event={event} />
          <CopyButton text={() => toJson(event, 2)}>Copy JSON</CopyButton>
        </>
      }
    >
      <dl class="event-facts">
        <dt>Name</dt>
        <dd>
          <code>{event.name}</code>
        </dd>
        <dt>Received</dt>
        <dd>{formatInstant(event.receivedMs)} UTC, by this page's clock</dd>
        <dt>Verdict</dt>
        <dd>
          <Badge tone={tone}>{says}</Badge>
        </dd>
      </dl>
      {event.violations.length > 0 && (
        <ul class="violations">
          {event.violations.map(({ pointer, keyword, detail }) => (
            <li key={`${pointer} ${keyword}`}>
              <code>{pointer === "" ? "(the event)" : pointer}</code> {detail} <small>{keyword}</small>
            </li>
          ))}
        </ul>
      )}
      <pre class="event-full" tabIndex={0} aria-label="The event as JSON">
        {toJson(event, 2)}
      </pre>
    </Panel>
  );
}
