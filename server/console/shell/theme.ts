/** Light or dark: as the system says, unless switched by hand on this page. */
import { effect, signal } from "@preact/signals";
import { remember } from "../feed/remembered.js";

export type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = remember("localStorage", "max-theme");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");

/** The one that is shown. What paints by itself (the chart) reads it. */
export const theme = signal<Theme>("light");

/** Sets `data-theme` on the root, from which the tokens' colours follow. */
export function followTheme(): void {
  system.addEventListener("change", ({ matches }) => (systemTheme.value = matches ? "dark" : "light"));
  effect(() => {
    const { value } = chosen.value;
    theme.value = value === "light" || value === "dark" ? value : systemTheme.value;
    document.documentElement.dataset["theme"] = theme.value;
  });
}

/** Goes to the other one; back at what the system says, it follows the system again. */
export function switchTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  chosen.set(next === systemTheme.value ? undefined : next);
}
