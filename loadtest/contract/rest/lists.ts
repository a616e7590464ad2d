/** Walks lists to their end, and judges how they are cut into pages. */
import { type Row, rowId } from "./rows.js";
import { type Call, type Rest, call } from "./call.js";

interface PageBody {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

type ListCall = Pick<Call, "operation" | "params" | "query">;

const limitMax = 200;
const pagesMax = 60;
/** More than this is not walked in small pages: the rule shows on fewer. */
const rowsWalkedMax = 400;

async function readPage(
  rest: Rest,
  list: ListCall,
  limit: number,
  cursor: string | undefined,
): Promise<PageBody | undefined> {
  const query = { ...list.query, limit, ...(cursor === undefined ? {} : { cursor }) };
  const answer = await call(rest, {
    ...list,
    query,
    expect: 200,
    rule: "read-status",
    about: cursor === undefined ? `limit=${limit}` : "the cursor of the page before",
  });
  if (answer === undefined) return undefined;
  const page = answer.json as PageBody;
  const { judge } = rest;
  judge.check("page-limit", list.operation, page.data.length <= Math.min(limit, limitMax), () => ({
    detail: `gave ${page.data.length} rows for limit=${limit}`,
    value: page.data.length,
  }));
  judge.check("page-cursor", list.operation, page.hasMore === (page.nextCursor !== null), () => ({
    detail: `hasMore is ${page.hasMore} and nextCursor ${JSON.stringify(page.nextCursor)}`,
    example: { path: answer.path, hasMore: page.hasMore, nextCursor: page.nextCursor },
  }));
  return page;
}

/** All rows in pages of a size, or undefined where a page failed. `key` tells rows apart. */
async function walk(rest: Rest, list: ListCall, limit: number, key: (row: Row) => string): Promise<Row[] | undefined> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < pagesMax && rows.length < rowsWalkedMax; pages += 1) {
    const page = await readPage(rest, list, limit, cursor);
    if (page === undefined) return undefined;
    for (const row of page.data) {
      const isNew = rest.judge.check("page-repeated", list.operation, !seen.has(key(row)), () => ({
        detail: `${key(row)} came again on page ${pages + 1} of limit=${limit}`,
        value: key(row),
      }));
      // A list that repeats itself would be walked for ever.
      if (!isNew) return undefined;
      seen.add(key(row));
      rows.push(row);
    }
    if (page.nextCursor === null || !page.hasMore) return rows;
    rest.judge.check("page-complete", list.operation, page.data.length > 0, () => ({
      detail: "an empty page says that there is more",
    }));
    cursor = page.nextCursor;
  }
  return rows;
}

/** Every row, as the largest pages give them. */
export async function readAll(
  rest: Rest,
  list: ListCall,
  key: (row: Row) => string = rowId,
): Promise<Row[] | undefined> {
  return await walk(rest, list, limitMax, key);
}

/**
 * Judges a list's pages, by walking it twice. Returns its rows.
 * `grows` names lists that get rows of their own accord, where a walk cannot be held to another one's end.
 */
export async function judgePages(
  rest: Rest,
  list: ListCall,
  { key = rowId, grows = false } = {},
): Promise<Row[] | undefined> {
  const all = await readAll(rest, list, key);
  if (all === undefined) return undefined;
  await call(rest, {
    ...list,
    query: { ...list.query, limit: 100_000 },
    expect: 200,
    rule: "page-limit",
    about: "a limit above the maximum, which is lowered",
  });
  await readPage(rest, list, 100_000, undefined);
  const size = all.length > 100 ? 37 : Math.max(1, Math.floor(all.length / 3));
  const walked = await walk(rest, list, size, key);
  if (walked === undefined) return all;
  const found = new Set(walked.map(key));
  const missing = all.slice(0, rowsWalkedMax).filter((row) => !found.has(key(row)));
  const isWhole = grows ? missing.length === 0 || walked.length >= rowsWalkedMax : missing.length === 0;
  rest.judge.check("page-complete", list.operation, isWhole, () => ({
    detail: `the walk in pages of ${size} missed ${missing.length} of ${all.length} rows, such as ${missing.slice(0, 3).map(key).join(", ")}`,
    value: missing.slice(0, 3).map(key),
  }));
  return all;
}
