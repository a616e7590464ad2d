/** A connection that came back: how long it was gone, and when everything had been fetched anew. */
import { effect, signal } from "@preact/signals";
import { connection } from "./connection.js";
import { fetched } from "./feed-state.js";

export interface Reconnection {
  /** How long there was no connection, milliseconds. */
  readonly goneMs: number;
  /** When everything had been fetched anew, by this page's clock, epoch milliseconds. */
  readonly fetchedMs: number;
}

/** The last one; whoever shows it may set it back. */
export const reconnection = signal<Reconnection | undefined>(undefined);

/** Follows the connection, for as long as the page is there. */
export function watchReconnections(): void {
  let lostMs: number | undefined;
  let goneMs: number | undefined;
  effect(() => {
    if (connection.value === "lost") {
      lostMs = Date.now();
      goneMs = undefined;
      reconnection.value = undefined;
      return;
    }
    if (lostMs !== undefined) {
      goneMs = Date.now() - lostMs;
      lostMs = undefined;
    }
    if (goneMs === undefined || fetched.value.state !== "fresh") return;
    reconnection.value = { goneMs, fetchedMs: Date.now() };
    goneMs = undefined;
  });
}
