/**
 * Pages of lists that live in memory, in id order, and the `Link` header of every list.
 *
 * A cursor is the last id that was shown, so that a page goes on right however ids come and go.
 */
import type { Context } from "koa";
import { decodeCursor, encodeCursor } from "../store/cursor.js";
import type { Page, PageQuery } from "../store/store.js";

/** First position whose id is larger; the rows are in id order. */
function positionAfter(rows: readonly { readonly id: string }[], id: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as { id: string }).id > id) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** One page of rows that are in id order. */
export function pageById<Row extends { readonly id: string }>(rows: readonly Row[], query: PageQuery): Page<Row> {
  const from = query.cursor === undefined ? 0 : positionAfter(rows, decodeCursor(query.cursor));
  const data = rows.slice(from, from + query.limit);
  const hasMore = from + query.limit < rows.length;
  const last = data.at(-1);
  return { data, nextCursor: hasMore && last !== undefined ? encodeCursor(last.id) : null, hasMore };
}

/** Points to the next page (RFC 8288), for clients that follow links rather than cursors. */
export function linkNextPage(context: Context, nextCursor: string | null): void {
  if (nextCursor === null) return;
  const query = new URLSearchParams(context.querystring);
  query.set("cursor", nextCursor);
  context.set("Link", `<${context.path}?${query.toString()}>; rel="next"`);
}
