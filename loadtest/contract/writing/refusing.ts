/**
 * Requests that a server must refuse, and the proof that nothing of them stayed.
 *
 * Everything refused carries a mark, so that a row or an event that came of it is known for what it is.
 */
import { findViolations } from "../../../schemas/index.js";
import { type BrokenBody, brokenBodies } from "../generate/broken.js";
import { operationNamed, resourceKinds, resources } from "../core/operations.js";
import { type Answer, type Call, type Rest, call } from "../rest/call.js";
import { readTexts } from "../rest/lists.js";
import type { Row } from "../rest/rows.js";
import { contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";
import type { Fixtures } from "./fixtures.js";

/** An operation that takes a body, and a body of it that would be taken. */
export interface BodyOperation {
  readonly operation: string;
  readonly params: Readonly<Record<string, string>>;
  /** Complete, valid, marked; a new one at each call. */
  readonly valid: () => Row;
  /** Takes no body at all, too. @default false */
  readonly mayBeEmpty?: boolean;
}

function markOf(fixtures: Pick<Fixtures, "rest">): string {
  return `${fixtures.rest.tag}-refused`;
}

function bodyOperations(fixtures: Fixtures): BodyOperation[] {
  const mark = markOf(fixtures);
  const ofResources = resourceKinds.flatMap((kind): BodyOperation[] => {
    const { collection, nameField, patch } = resources[kind];
    const properties = schemaAt(patch).node.properties ?? {};
    const marked = (): Row => ({ ...fixtures.fullBody(kind), id: fixtures.newId("refused"), [nameField]: mark });
    return [
      { operation: `POST ${collection}`, params: {}, valid: marked },
      {
        operation: `PATCH ${collection}/:id`,
        params: { id: fixtures.own[kind] },
        valid: () =>
          Object.fromEntries(Object.entries({ ...marked(), status: mark }).filter(([name]) => name in properties)),
      },
    ];
  });
  const message = { content: mark, authorId: fixtures.own.agent, authorName: mark, type: "text" };
  return [
    ...ofResources,
    { operation: "POST /api/discussions/:id/messages", params: { id: fixtures.own.discussion }, valid: () => message },
  ];
}

/** The problem says where the body is broken and which keyword says so. */
function judgePlace({ judge }: Rest, operation: string, answer: Answer, broken: BrokenBody): void {
  const { errors } = answer.json as { errors?: readonly { pointer?: unknown; keyword?: unknown }[] };
  const parent = broken.pointer.slice(0, Math.max(0, broken.pointer.lastIndexOf("/")));
  // A missing or unknown field may be named at its own place or at its object's.
  const places =
    broken.keyword === "required" || broken.keyword === "additionalProperties"
      ? [broken.pointer, parent]
      : [broken.pointer];
  const isNamed = (errors ?? []).some(
    ({ pointer, keyword }) => typeof pointer === "string" && places.includes(pointer) && typeof keyword === "string",
  );
  judge.check("problem-place", operation, isNamed, () => ({
    detail: `the problem does not name ${broken.pointer === "" ? "the whole body" : broken.pointer} (${broken.keyword})`,
    pointer: broken.pointer,
    keyword: broken.keyword,
    example: { request: broken.body, answer: answer.json },
  }));
}

export async function judgeBrokenBodies(rest: Rest, { operation: name, params, valid }: BodyOperation): Promise<void> {
  const { request } = operationNamed(name);
  if (request === undefined) return;
  for (const broken of brokenBodies(contractSchemas, schemaAt(request), valid(), (body) =>
    findViolations(request, body),
  )) {
    const answer = await call(rest, {
      operation: name,
      params,
      json: broken.body,
      expect: 422,
      rule: "broken-body",
      about: `a body broken at ${broken.pointer === "" ? "its root" : broken.pointer} (${broken.keyword})`,
    });
    if (answer !== undefined) judgePlace(rest, name, answer, broken);
  }
}

export async function judgeUnreadableBodies(
  rest: Rest,
  { operation, params, valid, mayBeEmpty = false }: BodyOperation,
): Promise<void> {
  const text = JSON.stringify(valid());
  const ask = async (more: Pick<Call, "body" | "expect" | "rule" | "about" | "headers">): Promise<void> => {
    await call(rest, { operation, params, ...more });
  };
  await ask({ body: text.slice(0, -1), expect: 400, rule: "malformed-json", about: "JSON that is cut short" });
  await ask({
    body: `${text.slice(0, -1)},}`,
    expect: 400,
    rule: "malformed-json",
    about: "JSON with a trailing comma",
  });
  if (!mayBeEmpty) await ask({ body: "", expect: 400, rule: "malformed-json", about: "an empty body" });
  await ask({
    body: text,
    headers: { "Content-Type": "text/plain" },
    expect: 415,
    rule: "wrong-media-type",
    about: "text/plain",
  });
  await ask({
    body: text,
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    expect: 415,
    rule: "wrong-media-type",
    about: "a form",
  });
  await ask({
    body: `${text.slice(0, -1)}, "padding": "${"x".repeat(2 * 1024 * 1024)}"}`,
    expect: 413,
    rule: "too-large",
    about: "a body of 2 MB",
  });
  await ask({
    body: text.replace("{", '{"padding": NaN, '),
    expect: [400, 422],
    rule: "unsafe-input-refused",
    about: "a body with NaN",
  });
  await ask({
    body: text.replace("{", '{"padding": -Infinity, '),
    expect: [400, 422],
    rule: "unsafe-input-refused",
    about: "a body with -Infinity",
  });
  await ask({
    body: "[".repeat(5000),
    expect: [400, 413, 422],
    rule: "unsafe-input-refused",
    about: "5000 opening brackets",
  });
}

/** The part of a list's text where the mark stands; undefined where it stands nowhere. */
async function findMark(rest: Rest, path: string, mark: string): Promise<string | undefined> {
  // As text: what came of a broken body may well break the schema of the list.
  for await (const text of readTexts(rest, path)) {
    const at = text.indexOf(mark);
    if (at >= 0) return text.slice(Math.max(0, at - 100), at + 100);
  }
  return undefined;
}

/** Nothing that bears the mark of what was refused is listed, or was `heard`. */
export async function judgeNothingStayed(
  fixtures: Pick<Fixtures, "rest" | "own">,
  heard: readonly unknown[],
): Promise<void> {
  const { rest } = fixtures;
  const mark = markOf(fixtures);
  const paths = [
    ...resourceKinds.map((kind) => resources[kind].collection),
    `/api/discussions/${fixtures.own.discussion}/messages`,
  ];
  for (const path of paths) {
    const example = await findMark(rest, path, mark);
    rest.judge.check("refused-not-stored", `GET ${path}`, example === undefined, () => ({
      detail: "lists what came of a refused request",
      example,
    }));
  }
  rest.judge.check("refused-not-broadcast", "events", heard.length === 0, () => ({
    detail: "a refused request was broadcast",
    example: heard[0],
  }));
}

export async function judgeRefusing(fixtures: Fixtures): Promise<void> {
  const mark = markOf(fixtures);
  const heard: unknown[] = [];
  const stop = fixtures.listening.onEvent(({ event, payload }) => {
    if (JSON.stringify(payload).includes(mark)) heard.push({ event, payload });
  });
  for (const operation of bodyOperations(fixtures)) {
    await judgeBrokenBodies(fixtures.rest, operation);
    await judgeUnreadableBodies(fixtures.rest, operation);
  }
  await judgeNothingStayed(fixtures, heard);
  stop();
}
