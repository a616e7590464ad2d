/** This page's clock, for ages: a signal that moves once a second, and not while nobody looks. */
import { signal } from "@preact/signals";

/** Epoch milliseconds. */
export const wallMs = signal(Date.now());

export function startClock(): void {
  const show = () => {
    if (!document.hidden) wallMs.value = Date.now();
  };
  setInterval(show, 1000);
  document.addEventListener("visibilitychange", show);
}
