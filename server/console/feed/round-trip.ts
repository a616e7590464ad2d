/** How long the server takes to answer, as this page sees it: the smallest request there is, now and then. */
import { signal } from "@preact/signals";
import { at } from "./base-path.js";

/** Milliseconds; undefined where no answer came. */
export const roundTripMs = signal<number | undefined>(undefined);

const everyMs = 5000;

async function measure(): Promise<void> {
  const sentMs = performance.now();
  try {
    const { ok } = await fetch(at("/livez"), { cache: "no-store" });
    roundTripMs.value = ok ? performance.now() - sentMs : undefined;
  } catch {
    roundTripMs.value = undefined;
  }
}

export function startRoundTrips(): void {
  void measure();
  setInterval(() => {
    if (!document.hidden) void measure();
  }, everyMs);
}
