/**
 * The simulation's state of just now, with its digest: server-sent when something changes, asked for once a second
 * while it plays, because each tick changes the digest.
 */
import { effect, signal } from "@preact/signals";
import type { Simulation } from "../../../schemas/generated/types.js";
import { notePlace } from "../feed/lateness.js";
import { getJson } from "../feed/rest.js";
import { simulation } from "../feed/simulation.js";

export const latest = signal<Simulation | undefined>(undefined);

const everyMs = 1000;

async function ask(): Promise<void> {
  try {
    const state = await getJson<Simulation>("/api/simulation");
    notePlace(state);
    latest.value = state;
  } catch {
    // The connection's state says so already.
  }
}

/** Keeps it up to date. Returns how to stop it. */
export function followLatest(): () => void {
  const stop = effect(() => {
    latest.value = simulation.value;
  });
  const timer = setInterval(() => {
    if (!document.hidden && simulation.value?.state === "playing") void ask();
  }, everyMs);
  return () => {
    stop();
    clearInterval(timer);
  };
}
