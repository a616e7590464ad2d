/** As whom one posts: oneself, under a name that this browser remembers, or one of the agents. */
import { signal } from "@preact/signals";
import { remember } from "../feed/remembered.js";

const name = remember("localStorage", "max-author-name");
const visitorId = remember("localStorage", "max-author-id");

/** The agent that is spoken for; undefined: oneself. */
export const speaksFor = signal<string | undefined>(undefined);

/** One's own name; may be empty or undefined. */
export const ownName = name.value;
export const setOwnName = name.set;

/** Made at the first message, and kept: whoever posts twice is the same author twice. */
function ownId(): string {
  const id = visitorId.value.value ?? `visitor-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
  visitorId.set(id);
  return id;
}

/** The author's part of a message's body. Without a name the server shows the id. */
export function authorOfPost(): { readonly authorId: string; readonly authorName?: string } {
  if (speaksFor.value !== undefined) return { authorId: speaksFor.value };
  const authorName = (ownName.value ?? "").trim();
  return authorName === "" ? { authorId: ownId() } : { authorId: ownId(), authorName };
}
