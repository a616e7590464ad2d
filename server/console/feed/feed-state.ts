/** Whether what is shown was fetched since the last connection, and how often it was. */
import { signal } from "@preact/signals";

export type Fetched =
  | { readonly state: "fetching" }
  /** `atMs` is this page's clock, epoch milliseconds. */
  | { readonly state: "fresh"; readonly atMs: number }
  | { readonly state: "failed"; readonly reason: string };

export const fetched = signal<Fetched>({ state: "fetching" });
/** Grows with each refetch: whoever fetches more (a chart's candles) does so anew when it changes. */
export const generation = signal(0);
