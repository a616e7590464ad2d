/**
 * The three resources as the documented API has them: it says where they are, and leaves open what they look like.
 *
 * So a list may be bare or wrapped, ids may be text or numbers, and a path may redirect to its other spelling. What any
 * client needs is judged: JSON, an id for each entry, the same thing under that id, and 404 for one that is unknown.
 */
import { isJsonType } from "../../core/read-body.js";
import { type ResourceKind, resourceKinds, resources } from "../core/operations.js";
import type { RuleName } from "../core/rules.js";
import { type Rest, attempt } from "./call.js";
import type { HttpReply } from "./http-client.js";
import type { Row } from "./rows.js";

/** Entries of a list that are read one by one. */
const entriesReadMax = 3;
const redirectsMax = 3;
/** A list or a resource may lie in a field of a field, such as `{ "data": { "items": [] } }`. */
const depthMax = 2;

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A resource's id as text; undefined where it has none. */
function idOf(kind: ResourceKind, row: Row): string | undefined {
  for (const field of ["id", `${kind}Id`, `${kind}_id`, "_id"]) {
    const id = row[field];
    if ((typeof id === "string" && id !== "") || Number.isSafeInteger(id)) return String(id);
  }
  return undefined;
}

/** What lies in a value, itself first, then field by field. */
function* valuesIn(value: unknown): Generator<unknown, void> {
  let layer = [value];
  for (let depth = 0; depth <= depthMax; depth += 1) {
    yield* layer;
    layer = layer.filter(isObject).flatMap((part) => Object.values(part));
  }
}

/** The first array of objects in an answer, one with entries before an empty one. */
function findList(json: unknown): readonly Row[] | undefined {
  const lists = [...valuesIn(json)].filter((value): value is Row[] => Array.isArray(value) && value.every(isObject));
  return lists.find(({ length }) => length > 0) ?? lists[0];
}

function hasResource(kind: ResourceKind, json: unknown, id: string): boolean {
  return [...valuesIn(json)].some((value) => isObject(value) && idOf(kind, value) === id);
}

/** An id that nothing has, of the same kind as these: a server may refuse what cannot be an id of its own in other ways. */
function unknownIdLike(ids: readonly string[]): string {
  const all = (pattern: RegExp): boolean => ids.length > 0 && ids.every((id) => pattern.test(id));
  if (all(/^\d+$/)) return "999999937";
  if (all(/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i)) return "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
  if (all(/^[\da-f]{24}$/i)) return "507f1f77bcf86cd799439011";
  return "no-such-id-9";
}

/** The answer to a GET, where its path may have another spelling. */
async function get({ http, judge }: Rest, subject: string, asked: string): Promise<HttpReply> {
  let path = asked;
  for (let redirects = 0; ; redirects += 1) {
    const reply = await http.send(judge, subject, { method: "GET", path });
    const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get("location") : null;
    const next = location === null ? undefined : http.pathOf(location, path);
    if (next === undefined || redirects === redirectsMax) return reply;
    path = next;
  }
}

/** Judges a status; 500 and more is always wrong. */
function judgeStatus({ judge }: Rest, rule: RuleName, subject: string, reply: HttpReply, expected: number): boolean {
  judge.check("no-server-error", subject, reply.status < 500, () => ({
    detail: `answered ${reply.status}`,
    value: reply.status,
  }));
  return judge.check(rule, subject, reply.status === expected, () => ({
    detail: `answered ${reply.status} instead of ${expected}`,
    value: reply.status,
  }));
}

/** Judges that an answer is JSON and says so. */
function judgeJson({ judge }: Rest, subject: string, { mediaType, json }: HttpReply): boolean {
  judge.check("media-type", subject, isJsonType(mediaType), () => ({
    detail: `came as ${mediaType === "" ? "no media type" : mediaType} instead of application/json`,
    value: mediaType,
  }));
  return judge.check("json-syntax", subject, json !== undefined, () => ({ detail: "the body is not JSON" }));
}

/** The ids of a list; undefined where it cannot be read. */
async function readIds(rest: Rest, kind: ResourceKind): Promise<readonly string[] | undefined> {
  const { collection } = resources[kind];
  const subject = `GET ${collection}`;
  const reply = await get(rest, subject, collection);
  if (!judgeStatus(rest, "read-status", subject, reply, 200) || !judgeJson(rest, subject, reply)) return undefined;
  const rows = findList(reply.json);
  const ids = rows?.map((row) => idOf(kind, row));
  const isReadable = ids?.every((id) => id !== undefined) === true;
  rest.judge.check("list-readable", subject, isReadable, () => ({
    detail:
      rows === undefined
        ? "has no array of objects, neither bare nor in a field"
        : `has an entry without an id; looked for in id, ${kind}Id, ${kind}_id and _id`,
  }));
  return isReadable ? ids : undefined;
}

async function judgeOne(rest: Rest, kind: ResourceKind, id: string): Promise<void> {
  const { collection } = resources[kind];
  const subject = `GET ${collection}/:id`;
  const reply = await get(rest, subject, `${collection}/${encodeURIComponent(id)}`);
  // It may have been deleted since it was listed.
  if (reply.status === 404 && (await readIds(rest, kind))?.includes(id) !== true) return;
  if (!judgeStatus(rest, "read-status", subject, reply, 200) || !judgeJson(rest, subject, reply)) return;
  rest.judge.check("resource-matches-list", subject, hasResource(kind, reply.json, id), () => ({
    detail: `answers no object with the id ${id}, which GET ${collection} lists`,
    value: id,
  }));
}

async function judgeKind(rest: Rest, kind: ResourceKind): Promise<void> {
  const { collection } = resources[kind];
  const ids = await readIds(rest, kind);
  if (ids !== undefined) {
    rest.judge.check("list-not-empty", `GET ${collection}`, ids.length > 0, () => ({
      detail: "is empty, so that reading one of them cannot be judged",
    }));
  }
  for (const id of ids?.slice(0, entriesReadMax) ?? []) await judgeOne(rest, kind, id);
  const subject = `GET ${collection}/:id`;
  const unknown = unknownIdLike(ids ?? []);
  judgeStatus(rest, "unknown-id", subject, await get(rest, subject, `${collection}/${unknown}`), 404);
}

/** Everything that the level `documented` asks for beyond the events and health. */
export async function judgeResources(rest: Rest): Promise<void> {
  for (const kind of resourceKinds) await attempt(rest, async () => await judgeKind(rest, kind));
}
