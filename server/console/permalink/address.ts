/**
 * What is looked at, kept in the page's address, so that a link shows the same and "back" goes back.
 *
 * The parameters of the market itself (seed, scenario, time, speed) are another matter: opening a link
 * never changes a server.
 */
import { type ReadonlySignal, computed, signal } from "@preact/signals";

/** As the address has them; everything here and `Link` reads it. */
export const parameters = signal(new URLSearchParams(location.search));

addEventListener("popstate", () => (parameters.value = new URLSearchParams(location.search)));

/** One parameter of the address, or undefined. */
export function parameter(name: string): ReadonlySignal<string | undefined> {
  return computed(() => parameters.value.get(name) ?? undefined);
}

/** New values of parameters; undefined takes one out. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** The address with some parameters changed. */
export function addressWith(changes: Changes): string {
  // From the address as it is: the token has been taken out of it since this file was read.
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  const query = next.toString();
  return query === "" ? location.pathname : `?${query}`;
}

/**
 * Changes parameters. "push" is a step that "back" undoes, "replace" is not.
 *
 * @example go({ view: "market", sector: "tech-001" })
 */
export function go(changes: Changes, how: "push" | "replace" = "push"): void {
  const before = location.href;
  const address = new URL(addressWith(changes), before).href;
  if (address === before) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  parameters.value = new URLSearchParams(location.search);
}
