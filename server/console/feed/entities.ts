/** Whom an event is about. */

function idAt(holder: object, name: string): string | undefined {
  const value: unknown = (holder as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/** Ids of the sector, agent and discussion that a payload names, the author of a message last. Takes any value. */
export function entitiesOf(payload: unknown): string[] {
  if (typeof payload !== "object" || payload === null) return [];
  const { message } = payload as { message?: unknown };
  const author = typeof message === "object" && message !== null ? idAt(message, "authorId") : undefined;
  const ids = [idAt(payload, "agentId"), idAt(payload, "discussionId"), idAt(payload, "sectorId"), author];
  return ids.filter((id) => id !== undefined);
}
