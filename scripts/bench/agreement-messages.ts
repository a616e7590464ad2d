/** What the agreement benchmark and its receiver say to each other. */
import type { Arrival } from "./agreement-latency.js";

export interface ReceiverCommand {
  /** `join` opens one more subscription; `report` asks for what has arrived on all of them. */
  readonly order: "join" | "report";
}

export type ReceiverReport = { readonly joined: true } | { readonly arrivals: readonly Arrival[] };
