/**
 * The one place that talks to the server. Everything else reads the signals of this folder.
 *
 * What events alone do not tell (names, opening prices, what was said before) is fetched over REST at each
 * connection, whenever the timeline moves, when an event names something unknown, and when somebody has created,
 * changed or deleted something: nothing missed in between stays wrong.
 */
import { effect, untracked } from "@preact/signals";
import type { Agent, Discussion, MarketIndex, Sector } from "../../../schemas/generated/types.js";
import { setAgents, watchAgents } from "./agents.js";
import { startClock } from "./clock.js";
import { connect, replayAfter } from "./connection.js";
import { fetchLastMessages, setDiscussions, watchDiscussions } from "./discussions.js";
import { eventLog, measureRate } from "./event-log.js";
import { fetched, generation } from "./feed-state.js";
import { atNextFrame } from "./frame.js";
import { fetchHistories, watchHistories } from "./history.js";
import { sectors as liveSectors, setIndex, setSectors, watchMarket } from "./market.js";
import { lateness, measureLateness } from "./lateness.js";
import { explain, getAll, getJson } from "./rest.js";
import { watchReconnections } from "./reconnection.js";
import { startRoundTrips } from "./round-trip.js";
import { onResourcesChanged, onTimelineMoved, simulatedNowMs, watchSimulation } from "./simulation.js";

let running: Promise<void> | undefined;
let isWanted = false;

async function fetchEverything(): Promise<void> {
  fetched.value = { state: "fetching" };
  const lastBefore = eventLog.at(-1)?.sequence ?? 0;
  try {
    const [index, sectors, agents, discussions] = await Promise.all([
      getJson<MarketIndex>("/api/index"),
      getAll<Sector>("/api/sectors"),
      getAll<Agent>("/api/agents"),
      getAll<Discussion>("/api/discussions"),
    ]);
    const lastMessages = await fetchLastMessages(discussions);
    setIndex(index);
    setSectors(sectors);
    setAgents(agents);
    setDiscussions(discussions, lastMessages);
    replayAfter(lastBefore);
    generation.value++;
    // Not before it is drawn.
    atNextFrame(() => (fetched.value = { state: "fresh", atMs: Date.now() }));
    await fetchHistories(liveSectors.value);
  } catch (error) {
    fetched.value = { state: "failed", reason: explain(error) };
  }
}

/** Fetches everything anew; asked for while it runs, it runs once more. */
export function refetch(): void {
  isWanted = true;
  running ??= (async () => {
    while (isWanted) {
      isWanted = false;
      await fetchEverything();
    }
    running = undefined;
  })();
}

const outdatedPauseMs = 1000;
let outdatedTimer: ReturnType<typeof setTimeout> | undefined;

/** Something was created, changed or deleted elsewhere; a burst of it costs one refetch. */
function noteOutdated(): void {
  outdatedTimer ??= setTimeout(() => {
    outdatedTimer = undefined;
    refetch();
  }, outdatedPauseMs);
}

/** More is not worked off but dropped. Milliseconds. */
const latenessMsMax = 3000;
const reconnectPauseMs = 10_000;

/** A page that is far behind would show the past for as long as it takes to catch up; what is missed is fetched anew. */
function reconnectWhenLate(reconnect: () => void): void {
  let lastMs = -Infinity;
  effect(() => {
    const nowMs = performance.now();
    if ((lateness.value?.ms ?? 0) < latenessMsMax || nowMs - lastMs < reconnectPauseMs) return;
    lastMs = nowMs;
    untracked(reconnect);
  });
}

export function startFeed(): void {
  // For whoever watches from outside, such as a browser test.
  effect(() => {
    document.documentElement.dataset["feed"] = fetched.value.state;
  });
  watchMarket(noteOutdated);
  watchHistories();
  watchAgents(() => new Date(simulatedNowMs() ?? Date.now()).toISOString(), noteOutdated);
  watchDiscussions(noteOutdated);
  watchSimulation();
  onTimelineMoved(refetch);
  onResourcesChanged(noteOutdated);
  startClock();
  watchReconnections();
  startRoundTrips();
  setInterval(measureRate, 1000);
  setInterval(measureLateness, 1000);
  reconnectWhenLate(connect(refetch));
}
