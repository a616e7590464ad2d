/** Below the header: that what is shown is old, since when and what to do; and that it has been fetched anew. */
import { useEffect } from "preact/hooks";
import { Button } from "../design/button.js";
import { formatAge, formatDate, formatTime } from "../design/format.js";
import { refetch } from "../feed/feed.js";
import { freshness, isStale } from "../feed/freshness.js";
import { reconnection } from "../feed/reconnection.js";
import { simulatedMs } from "../feed/simulation.js";

const shownMs = 10_000;

function asOf(): string {
  const ms = simulatedMs.value;
  return ms === undefined ? "" : ` What stands here is of ${formatDate(ms)} ${formatTime(ms)} UTC.`;
}

function Complaint() {
  const now = freshness.value;
  if (now.kind === "lost") {
    return (
      <p class="bad">
        {`No connection for ${formatAge(now.forMs)}.${asOf()} This page tries again by itself; is the server still running?`}
      </p>
    );
  }
  if (now.kind === "silent") {
    return <p class="bad">{`The simulation plays, but nothing has come for ${formatAge(now.forMs)}.${asOf()}`}</p>;
  }
  if (now.kind !== "failed") return null;
  return (
    <p class="bad">
      {`Connected, but the state could not be fetched: ${now.reason}`} <Button onClick={refetch}>Try again</Button>
    </p>
  );
}

function Reconnected() {
  const back = reconnection.value;
  useEffect(() => {
    const timer = setTimeout(() => (reconnection.value = undefined), shownMs);
    return () => clearTimeout(timer);
  }, [back]);
  if (back === undefined) return null;
  return (
    <p>
      {`Connected again after ${formatAge(back.goneMs)}. Everything was fetched anew at ${formatTime(back.fetchedMs)} UTC.`}
    </p>
  );
}

export function FreshnessBanner() {
  useEffect(() => {
    document.documentElement.toggleAttribute("data-stale", isStale.value);
  }, [isStale.value]);
  return (
    <div class="freshness">
      {/* Counts seconds, so it is not read out by itself: the header's state is. */}
      <Complaint />
      <div role="status">
        <Reconnected />
      </div>
    </div>
  );
}
