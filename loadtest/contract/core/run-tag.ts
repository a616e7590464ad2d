/** The mark on everything that a run creates, so that it is told from another run's, and from what was there. */

export function createTag(): string {
  return `ct-${Date.now().toString(36)}`;
}

const tagged = /\bct-[\da-z]{8,}-[a-z]+-\d+/g;

/** True where a text names something that a run created, which is gone once the run is over. */
export function hasTag(text: string): boolean {
  return text.search(tagged) >= 0;
}

/** The text with `:id` for what a run created, which has another name in each run. */
export function withoutTags(text: string): string {
  return text.replaceAll(tagged, ":id");
}
