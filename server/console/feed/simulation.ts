/**
 * What is being simulated: the server-sent state, and the commands that change it.
 *
 * The state arrives when it changes, not at each tick: between two of them the events' timestamps tell
 * how far simulated time has come.
 */
import { effect, signal, untracked } from "@preact/signals";
import type { Simulation } from "../../../schemas/generated/types.js";
import { at } from "./base-path.js";
import { framed } from "./frame.js";
import { notePlace } from "./lateness.js";
import { postJson } from "./rest.js";

export type Move = "play" | "pause" | "step" | "speed" | "seek" | "reset";

export const simulation = signal<Simulation | undefined>(undefined);

const time = framed<number | undefined>(undefined);
/** Simulated now, epoch milliseconds. */
export const simulatedMs = time.shown;

/** The same, not as drawn but as it is: for what is read between two frames. */
export const simulatedNowMs = (): number | undefined => time.now;

/** An event's or answer's timestamp says that simulated time has come at least there. */
export function noteSimulatedTime(timestamp: string): void {
  const ms = Date.parse(timestamp);
  if (time.now === undefined || ms > time.now) time.set(ms);
}

const retryMs = 2000;

/** Opens the stream, and opens it again whenever the server ends it. */
export function watchSimulation(): void {
  const source = new EventSource(at("/api/simulation/events"));
  source.addEventListener("message", ({ data }: MessageEvent<string>) => {
    const state = JSON.parse(data) as Simulation;
    // Time goes back only with a new timeline, or while it is being moved.
    time.set(Date.parse(state.time));
    notePlace(state);
    simulation.value = state;
  });
  source.addEventListener("error", () => {
    // A browser reconnects by itself after a broken stream, not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watchSimulation, retryMs);
  });
}

/** Calls back when the timeline is another (start, reset, seek back) or has been moved along. */
export function onTimelineMoved(listener: () => void): void {
  let bootId: string | undefined;
  let wasSeeking = false;
  effect(() => {
    const now = simulation.value;
    if (now === undefined) return;
    const moved = (bootId !== undefined && bootId !== now.bootId) || (wasSeeking && now.state !== "seeking");
    bootId = now.bootId;
    wasSeeking = now.state === "seeking";
    if (moved) untracked(listener);
  });
}

/** Calls back when a sector, an agent or a discussion was created, changed or deleted, by whomever. */
export function onResourcesChanged(listener: () => void): void {
  let changes: number | undefined;
  effect(() => {
    const now = simulation.value?.resourceChanges;
    if (now === undefined) return;
    const isOther = changes !== undefined && changes !== now;
    changes = now;
    if (isOther) untracked(listener);
  });
}

/** Moves the simulation about; needs the token. @throws {RestError} */
export async function move(name: Move, body: object = {}): Promise<Simulation> {
  return await postJson<Simulation>(`/api/simulation/${name}`, body);
}
