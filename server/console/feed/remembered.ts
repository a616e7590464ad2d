/**
 * A value that the browser keeps across reloads, where it lets pages do so.
 *
 * Blocked site data throws at the first access, a full storage when a value is set, some embedded browsers have
 * none at all: the value then lives as long as the page.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface Remembered {
  /** Undefined: nothing was set. */
  readonly value: ReadonlySignal<string | undefined>;
  /** Undefined forgets it. */
  set(value: string | undefined): void;
}

/** @param area "sessionStorage" is forgotten with the tab */
export function remember(area: "localStorage" | "sessionStorage", key: string): Remembered {
  const value = signal<string | undefined>(undefined);
  try {
    value.value = globalThis[area].getItem(key) ?? undefined;
  } catch {
    // Kept in this page only.
  }
  return {
    value,
    set(next) {
      value.value = next;
      try {
        if (next === undefined) globalThis[area].removeItem(key);
        else globalThis[area].setItem(key, next);
      } catch {
        // Kept in this page only.
      }
    },
  };
}
