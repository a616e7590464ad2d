/** Every event as it came, with what the contract says about it. */
import { useEffect } from "preact/hooks";
import { Button } from "../design/button.js";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { eventCount, eventsKept, skippedCount, violatingCount } from "../feed/event-log.js";
import { useShortcuts } from "../shell/shortcuts.js";
import { EventDetail } from "./event-detail.js";
import { EventList } from "./event-list.js";
import { FilterBar } from "./filter-bar.js";
import "./inspector.css";
import { followStream, freeze, goOn, isFrozen, matchCount, newSince, revision } from "./matches.js";

const count = new Intl.NumberFormat("en");

function toggleFreeze(): void {
  if (isFrozen.value) goOn();
  else freeze();
}

/** Stands still where the list does, so that the figures can be read together. */
function Summary() {
  void revision.value;
  return (
    <p class="event-summary">
      {`${count.format(matchCount())} shown of ${count.format(eventCount.value)} since the page was opened`}
      {skippedCount.value > 0 && `, ${count.format(skippedCount.value)} more were replaced by later ones unseen`}
      {violatingCount.value > 0 && <b>{`, ${count.format(violatingCount.value)} differ from the contract`}</b>}
    </p>
  );
}

function FreezeButton() {
  const since = newSince.value;
  return (
    <Button
      kind={isFrozen.value ? "primary" : "normal"}
      aria-pressed={isFrozen.value}
      title={isFrozen.value ? "Follow the stream again (f)" : "Let the list stand still (f)"}
      onClick={toggleFreeze}
    >
      {isFrozen.value ? `Go on, ${count.format(since)} new` : "Freeze"}
    </Button>
  );
}

function NothingYet() {
  void revision.value;
  if (matchCount() > 0) return null;
  return eventCount.value === 0 ? (
    <EmptyState title="No event yet">Events show here as they arrive. Is the simulation paused?</EmptyState>
  ) : (
    <EmptyState title="No event passes the filter">
      The last {count.format(eventsKept)} events were looked through; new ones show here as they arrive.
    </EmptyState>
  );
}

export function InspectorView() {
  useEffect(followStream, []);
  useShortcuts([
    { key: "f", does: "Freeze the events, or go on", group: "Inspector", run: toggleFreeze },
    {
      key: "/",
      does: "Search the events",
      group: "Inspector",
      run: () => document.getElementById("event-search")?.focus(),
    },
  ]);
  return (
    <div class="inspector-columns">
      <Panel id="events" title="Events" flush actions={<FreezeButton />}>
        <FilterBar />
        <Summary />
        <NothingYet />
        <EventList />
      </Panel>
      <EventDetail />
    </div>
  );
}
