/**
 * The one place that talks to the server. Everything else reads the signals of this folder.
 *
 * What events alone do not tell (names, opening prices, what was said before) is fetched over REST at each
 * connection, whenever the timeline moves, and when an event names something unknown: nothing missed in
 * between stays wrong.
 */
import { effect, signal } from "@preact/signals";
import type { Agent, Discussion, Sector } from "../../../schemas/generated/types.js";
import { setAgents, watchAgents } from "./agents.js";
import { connect } from "./connection.js";
import { setDiscussions, watchDiscussions } from "./discussions.js";
import { measureRate } from "./event-log.js";
import { setSectors, watchMarket } from "./market.js";
import { explain, getAll } from "./rest.js";
import { startRoundTrips } from "./round-trip.js";
import { onTimelineMoved, simulatedNowMs, watchSimulation } from "./simulation.js";

/** Whether what is shown was fetched since the last connection. */
export type Fetched =
  | { readonly state: "fetching" }
  /** `count` is how often everything was fetched; `atMs` the page's clock, epoch milliseconds. */
  | { readonly state: "fresh"; readonly count: number; readonly atMs: number }
  | { readonly state: "failed"; readonly reason: string };

export const fetched = signal<Fetched>({ state: "fetching" });
/** Grows with each refetch: histories (candles, sparklines) are fetched anew when it does. */
export const generation = signal(0);

let running: Promise<void> | undefined;
let isWanted = false;

async function fetchEverything(): Promise<void> {
  fetched.value = { state: "fetching" };
  try {
    const [sectors, agents, discussions] = await Promise.all([
      getAll<Sector>("/api/sectors"),
      getAll<Agent>("/api/agents"),
      getAll<Discussion>("/api/discussions"),
    ]);
    setSectors(sectors);
    setAgents(agents);
    await setDiscussions(discussions);
    generation.value++;
    fetched.value = { state: "fresh", count: generation.value, atMs: Date.now() };
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

const unknownPauseMs = 1000;
let unknownTimer: ReturnType<typeof setTimeout> | undefined;

/** Something was created elsewhere; a burst of its events costs one refetch. */
function noteUnknown(): void {
  unknownTimer ??= setTimeout(() => {
    unknownTimer = undefined;
    refetch();
  }, unknownPauseMs);
}

export function startFeed(): void {
  // For whoever watches from outside, such as a browser test.
  effect(() => {
    document.documentElement.dataset["feed"] = fetched.value.state;
  });
  watchMarket(noteUnknown);
  watchAgents(() => new Date(simulatedNowMs() ?? Date.now()).toISOString(), noteUnknown);
  watchDiscussions(noteUnknown);
  watchSimulation();
  onTimelineMoved(refetch);
  startRoundTrips();
  setInterval(measureRate, 1000);
  connect(refetch);
}
