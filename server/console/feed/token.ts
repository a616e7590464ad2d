/** The control token: comes in the address once, moves to session storage and out of sight. */
import { remember } from "./remembered.js";

const remembered = remember("sessionStorage", "max-token");

/** Undefined: nobody gave one, and the console only watches. */
export const token = remembered.value;

/** Undefined forgets it. */
export const setToken = remembered.set;

export function takeToken(): void {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given === null) return;
  setToken(given);
  address.searchParams.delete("token");
  history.replaceState(history.state, "", address);
}
