/** Walks lists to their end, and judges how they are cut into pages. */
import { type Row, rowId } from "./rows.js";
import { type Call, type Rest, call } from "./call.js";

/** A page as text and as what it holds. */
interface Page extends PageBody {
  readonly characters: number;
}

interface PageBody {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

type ListCall = Pick<Call, "operation" | "params" | "query">;

const limitMax = 200;
/** A list that goes on longer may be one without an end. */
const pagesMax = 60;
const listCharactersMax = 64 * 1024 * 1024;
/** How its pages are cut shows on a list's first rows. */
const rowsJudgedMax = 400;

async function readPage(
  rest: Rest,
  list: ListCall,
  limit: number,
  cursor: string | undefined,
): Promise<Page | undefined> {
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
  return { ...page, characters: answer.text.length };
}

/** Notes that what is behind the last page was not looked at. */
function reportNoEnd({ judge }: Rest, operation: string, pages: number, characters: number): void {
  judge.check("list-end", operation, false, () => ({
    detail: `went on after ${pages} pages with ${characters} characters in all, each with a cursor for the next one`,
    inconclusive: "no more of a list is read; point the checker at a server with fewer rows",
  }));
}

/** The rows of a list as far as they were walked. */
interface Walked {
  readonly rows: Row[];
  /** False where there would be more. */
  readonly isWhole: boolean;
}

/** Walks in pages of a size until there are so many rows; undefined where a page failed. `key` tells rows apart. */
async function walk(
  rest: Rest,
  list: ListCall,
  limit: number,
  key: (row: Row) => string,
  rowsMax: number,
): Promise<Walked | undefined> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  let characters = 0;
  for (let pages = 0; rows.length < rowsMax; pages += 1) {
    if (pages === pagesMax || characters > listCharactersMax) {
      reportNoEnd(rest, list.operation, pages, characters);
      break;
    }
    const page = await readPage(rest, list, limit, cursor);
    if (page === undefined) return undefined;
    characters += page.characters;
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
    if (page.nextCursor === null || !page.hasMore) return { rows, isWhole: true };
    rest.judge.check("page-complete", list.operation, page.data.length > 0, () => ({
      detail: "an empty page says that there is more",
    }));
    cursor = page.nextCursor;
  }
  return { rows, isWhole: false };
}

/** Every row, as the largest pages give them; undefined where a page failed, or the list does not end. */
export async function readAll(rest: Rest, list: ListCall): Promise<Row[] | undefined> {
  const walked = await walk(rest, list, limitMax, rowId, Number.POSITIVE_INFINITY);
  return walked?.isWhole === true ? walked.rows : undefined;
}

/** Each page of a path as text, whatever its rows are, and whatever they break. */
export async function* readTexts(rest: Rest, path: string): AsyncGenerator<string, void> {
  const { http, judge } = rest;
  let cursor: unknown;
  let characters = 0;
  for (let pages = 0; ; pages += 1) {
    if (pages === pagesMax || characters > listCharactersMax) {
      reportNoEnd(rest, `GET ${path}`, pages, characters);
      return;
    }
    const query = new URLSearchParams({ limit: String(limitMax), ...(typeof cursor === "string" ? { cursor } : {}) });
    const request = { method: "GET", path: `${path}?${query.toString()}` };
    const { text, json } = await http.send(judge, `GET ${path}`, request);
    yield text;
    characters += text.length;
    cursor = (json as Partial<PageBody> | null | undefined)?.nextCursor;
    if (typeof cursor !== "string") return;
  }
}

/**
 * Judges a list's pages, by walking it twice. Returns its first rows.
 * `grows` names lists that get rows of their own accord, where a walk cannot be held to another one's end.
 */
export async function judgePages(
  rest: Rest,
  list: ListCall,
  { key = rowId, grows = false } = {},
): Promise<Row[] | undefined> {
  const first = await walk(rest, list, limitMax, key, rowsJudgedMax);
  if (first === undefined) return undefined;
  const { rows } = first;
  await call(rest, {
    ...list,
    query: { ...list.query, limit: 100_000 },
    expect: 200,
    rule: "page-limit",
    about: "a limit above the maximum, which is lowered",
  });
  await readPage(rest, list, 100_000, undefined);
  const size = rows.length > 100 ? 37 : Math.max(1, Math.floor(rows.length / 3));
  const again = await walk(rest, list, size, key, rowsJudgedMax);
  if (again === undefined) return rows;
  const found = new Set(again.rows.map(key));
  const missing = rows.slice(0, rowsJudgedMax).filter((row) => !found.has(key(row)));
  const isComplete = missing.length === 0 || (grows && !again.isWhole);
  rest.judge.check("page-complete", list.operation, isComplete, () => ({
    detail: `the walk in pages of ${size} missed ${missing.length} of ${rows.length} rows, such as ${missing.slice(0, 3).map(key).join(", ")}`,
    value: missing.slice(0, 3).map(key),
  }));
  return rows;
}
