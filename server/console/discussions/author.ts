/** As whom one posts: oneself, under a name that this browser remembers, or one of the agents. */
import { signal } from "@preact/signals";

const nameKey = "max-author-name";
const idKey = "max-author-id";

/** The agent that is spoken for; undefined: oneself. */
export const speaksFor = signal<string | undefined>(undefined);

/** One's own name; may be empty. */
export const ownName = signal(localStorage.getItem(nameKey) ?? "");

export function setOwnName(name: string): void {
  ownName.value = name;
  localStorage.setItem(nameKey, name);
}

/** Made at the first message, and kept: whoever posts twice is the same author twice. */
function ownId(): string {
  let id = localStorage.getItem(idKey);
  if (id === null) {
    id = `visitor-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
    localStorage.setItem(idKey, id);
  }
  return id;
}

/** The author's part of a message's body. Without a name the server shows the id. */
export function authorOfPost(): { readonly authorId: string; readonly authorName?: string } {
  if (speaksFor.value !== undefined) return { authorId: speaksFor.value };
  const authorName = ownName.value.trim();
  return authorName === "" ? { authorId: ownId() } : { authorId: ownId(), authorName };
}
