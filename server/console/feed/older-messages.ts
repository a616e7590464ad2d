/** What was said in a room before what is kept of it here. */
import type { EventMessage } from "../../../schemas/generated/types.js";
import { getJson } from "./rest.js";

export interface OlderMessages {
  /** Oldest first. */
  readonly messages: readonly EventMessage[];
  /** Where to go on; null at the beginning of the room. */
  readonly cursor: string | null;
}

const pageLimit = 200;

interface Page {
  readonly data: readonly EventMessage[];
  readonly nextCursor: string | null;
}

async function fetchPage(roomId: string, cursor: string | undefined): Promise<Page> {
  const query = new URLSearchParams({ limit: String(pageLimit), ...(cursor !== undefined && { cursor }) });
  return await getJson<Page>(`/api/discussions/${encodeURIComponent(roomId)}/messages?${query.toString()}`);
}

/**
 * Up to 200 messages before one that is known. With the cursor of the answer before this is one request;
 * without, the known one is looked for from the newest on.
 *
 * @throws {RestError}
 */
export async function fetchOlder(roomId: string, beforeId: string, cursor?: string): Promise<OlderMessages> {
  let page = await fetchPage(roomId, cursor);
  if (cursor !== undefined) return { messages: page.data.toReversed(), cursor: page.nextCursor };
  for (;;) {
    const at = page.data.findIndex(({ id }) => id === beforeId);
    const older = at === -1 ? [] : page.data.slice(at + 1);
    if (older.length > 0 || page.nextCursor === null) {
      return { messages: older.toReversed(), cursor: page.nextCursor };
    }
    // It stands last on its page: what comes before it is all of the next one.
    if (at !== -1) return await fetchOlder(roomId, beforeId, page.nextCursor);
    page = await fetchPage(roomId, page.nextCursor);
  }
}
