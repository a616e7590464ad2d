/**
 * Whether what is shown is the present: said for the feed as a whole and for each value.
 *
 * While the simulation stands still nothing gets old: the values are those of the simulated instant. While it
 * plays, a value that has not come for longer than a few ticks is stale; without a connection all are.
 */
import { computed } from "@preact/signals";
import { wallMs } from "./clock.js";
import { connection, connectionSince } from "./connection.js";
import { fetched } from "./feed-state.js";
import type { Quote } from "./market.js";
import { simulation, simulationFeed } from "./simulation.js";

/** Nothing is called stale sooner. */
const staleAfterMsMin = 10_000;
const staleAfterTicks = 4;

/** How long a value of the playing market may be on its way, milliseconds of this page's clock. */
const staleAfterMs = computed(() => {
  const state = simulation.value;
  return state === undefined
    ? staleAfterMsMin
    : Math.max(staleAfterMsMin, (staleAfterTicks * state.tickMs) / state.speed);
});

export type Freshness =
  | { readonly kind: "connecting" | "fetching" | "live" | "paused" | "seeking" }
  /** `sinceMs` is how long nothing has been known, milliseconds. */
  | { readonly kind: "lost"; readonly sinceMs: number }
  | { readonly kind: "failed"; readonly reason: string };

/** The feed as a whole. */
export const freshness = computed<Freshness>(() => {
  if (connection.value === "connecting") return { kind: "connecting" };
  if (connection.value === "lost") return { kind: "lost", sinceMs: Math.max(0, wallMs.value - connectionSince.value) };
  if (fetched.value.state === "failed") return { kind: "failed", reason: fetched.value.reason };
  if (fetched.value.state === "fetching") return { kind: "fetching" };
  if (simulationFeed.value !== "open" || simulation.value === undefined) return { kind: "fetching" };
  const { state } = simulation.value;
  return { kind: state === "playing" ? "live" : state === "seeking" ? "seeking" : "paused" };
});

/** Whether the server moves and is heard: then values get old. */
const isMoving = computed(() => freshness.value.kind === "live");
const isCut = computed(() => freshness.value.kind === "lost" || freshness.value.kind === "failed");

/** How long ago a value came, milliseconds, and whether that is too long. Redraws its reader each second. */
export function ageOf(quote: Quote): { readonly ms: number; readonly isStale: boolean } {
  const ms = Math.max(0, wallMs.value - quote.receivedMs);
  return { ms, isStale: isCut.value || (isMoving.value && ms > staleAfterMs.value) };
}
