/** The control token: comes in the address once, moves to session storage and out of sight. */
import { signal } from "@preact/signals";

const key = "max-token";

/** Undefined: nobody gave one, and the console only watches. */
export const token = signal<string | undefined>(sessionStorage.getItem(key) ?? undefined);

/** Undefined forgets it. */
export function setToken(value: string | undefined): void {
  token.value = value;
  if (value === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, value);
}

export function takeToken(): void {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given === null) return;
  setToken(given);
  address.searchParams.delete("token");
  history.replaceState(history.state, "", address);
}
