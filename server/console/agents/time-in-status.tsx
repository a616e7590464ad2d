/** How long an agent has been in its status, in simulated time. */
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { formatAge } from "../design/format.js";
import { simulatedMs } from "../feed/simulation.js";

function ageOf(since: string) {
  const sinceMs = Date.parse(since);
  return computed(() => formatAge((simulatedMs.value ?? sinceMs) - sinceMs));
}

export function TimeInStatus({ since }: { readonly since: string }) {
  // Bound as a text: it changes once a simulated second, and no component is drawn for it.
  const age = useMemo(() => ageOf(since), [since]);
  return (
    <time class="agent-age" dateTime={since} title={`Since ${since}`}>
      {age}
    </time>
  );
}
