/**
 * Whether what is shown is the present: said for the feed as a whole and for each value.
 *
 * While the simulation stands still nothing gets old: the values are those of the simulated instant. While it
 * plays, a value that has not come for longer than a few ticks is stale; without a connection all are.
 */
import { computed, effect, signal } from "@preact/signals";
import { wallMs } from "./clock.js";
import { connection, connectionSince } from "./connection.js";
import { eventLog } from "./event-log.js";
import { fetched } from "./feed-state.js";
import { lateness } from "./lateness.js";
import type { Quote } from "./market.js";
import { simulation } from "./simulation.js";

/** Nothing is called stale sooner. */
const staleAfterMsMin = 10_000;
const staleAfterTicks = 4;
/** From here on a value's age is shown. */
const notedAfterMs = 3000;

/** How long a value of the playing market may be on its way, milliseconds of this page's clock. */
const staleAfterMs = computed(() => {
  const state = simulation.value;
  return state === undefined
    ? staleAfterMsMin
    : Math.max(staleAfterMsMin, (staleAfterTicks * state.tickMs) / state.speed);
});

export type Freshness =
  | { readonly kind: "connecting" | "fetching" | "live" | "paused" | "seeking" }
  /** Events arrive, but late: `forMs` is how long ago they were sent, milliseconds, `simulatedMs` the same in simulated time. */
  | { readonly kind: "behind"; readonly forMs: number; readonly simulatedMs: number }
  /** No connection, or one on which nothing comes; `forMs` is how long, milliseconds. */
  | { readonly kind: "lost" | "silent"; readonly forMs: number }
  | { readonly kind: "failed"; readonly reason: string };

const connectionFreshness = computed<Freshness>(() => {
  if (connection.value === "connecting") return { kind: "connecting" };
  if (connection.value === "lost") return { kind: "lost", forMs: Math.max(0, wallMs.value - connectionSince.value) };
  if (fetched.value.state === "failed") return { kind: "failed", reason: fetched.value.reason };
  if (fetched.value.state === "fetching" || simulation.value === undefined) return { kind: "fetching" };
  const { state } = simulation.value;
  return { kind: state === "playing" ? "live" : state === "seeking" ? "seeking" : "paused" };
});

/** When the simulation last began to play or changed its speed, by this page's clock. */
const movingSince = signal(0);
effect(() => {
  if (simulation.value !== undefined) movingSince.value = Date.now();
});

/** The feed as a whole. */
export const freshness = computed<Freshness>(() => {
  const now = connectionFreshness.value;
  const late = lateness.value;
  if (late !== undefined && (now.kind === "live" || now.kind === "paused"))
    return { kind: "behind", forMs: late.ms, simulatedMs: late.simulatedMs };
  if (now.kind !== "live") return now;
  const lastMs = eventLog.at(-1)?.receivedMs ?? 0;
  const forMs = wallMs.value - Math.max(lastMs, connectionSince.value, movingSince.value);
  return forMs > staleAfterMs.value ? { kind: "silent", forMs } : now;
});

const isMoving = computed(() => connectionFreshness.value.kind === "live");
const isCut = computed(() => freshness.value.kind === "lost" || freshness.value.kind === "failed");
/** Whether nothing that is shown can be trusted to be the present. */
export const isStale = computed(() => isCut.value || freshness.value.kind === "silent");

/** How old a value is. */
export interface Age {
  /** How long ago it came, milliseconds. */
  readonly ms: number;
  /** Whether that is worth saying: the market moves, and this value has not for a while. */
  readonly isNoted: boolean;
  /** Whether it can no longer be taken for the present. */
  readonly isStale: boolean;
}

/** Redraws its reader each second. */
export function ageOf(quote: Quote): Age {
  const ms = Math.max(0, wallMs.value - quote.receivedMs);
  const sinceMovingMs = wallMs.value - Math.max(quote.receivedMs, movingSince.value);
  const isStale = isCut.value || (isMoving.value && sinceMovingMs > staleAfterMs.value);
  return { ms, isStale, isNoted: isStale || (isMoving.value && sinceMovingMs > notedAfterMs) };
}
