/**
 * Opaque cursors: the key of the last row that a page showed, so that a page goes on right behind it
 * however many rows come and go in between. Opaque to clients only; there is nothing to protect in it.
 */

/** A cursor that no page of this list has given out. */
export class BadCursorError extends Error {
  override readonly name = "BadCursorError";
}

/** @example encodeCursor("tech-001") // "dGVjaC0wMDE" */
export function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/** The key in a cursor. Only what `encodeCursor` writes is taken, so every page has exactly one name. */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (key === "" || encodeCursor(key) !== cursor) throw new BadCursorError(`"${cursor}" is not a cursor of this list.`);
  return key;
}

export function encodeNumberCursor(key: number): string {
  return encodeCursor(String(key));
}

/** The number in a cursor of a list that is ordered by a number. */
export function decodeNumberCursor(cursor: string): number {
  const key = decodeCursor(cursor);
  const value = Number(key);
  if (!Number.isSafeInteger(value) || String(value) !== key)
    throw new BadCursorError(`"${cursor}" is not a cursor of this list.`);
  return value;
}
