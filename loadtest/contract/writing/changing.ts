/** Patches and deletions: what changes, what stays, and under which ETag. */
import { sampleValues } from "../generate/arbitrary.js";
import { type ResourceKind, resources } from "../core/operations.js";
import { type Answer, call } from "../rest/call.js";
import { type Row, rowId, sameRow, without } from "../rest/rows.js";
import { contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";
import { judgeEcho } from "./creating.js";
import type { Fixtures } from "./fixtures.js";

const generatedCount = 4;
const staleTag = '"stale-tag-of-another-time"';
const unknownId = "no-such-id-9";

async function read(fixtures: Fixtures, kind: ResourceKind, id: string): Promise<Answer | undefined> {
  return await call(fixtures.rest, {
    operation: `GET ${resources[kind].collection}/:id`,
    params: { id },
    expect: 200,
    rule: "read-status",
  });
}

async function judgePatch(fixtures: Fixtures, kind: ResourceKind, id: string, patch: Row): Promise<void> {
  const { rest } = fixtures;
  const { liveFields, collection } = resources[kind];
  const operation = `PATCH ${collection}/:id`;
  const before = await read(fixtures, kind, id);
  const answer = await call(rest, { operation, params: { id }, json: patch, expect: 200, rule: "patch-status" });
  if (before === undefined || answer === undefined) return;
  const [was, is] = [before.json as Row, answer.json as Row];
  judgeEcho(fixtures, "patch-echo", operation, patch, is, []);
  const named = [...Object.keys(patch), ...liveFields];
  rest.judge.check("patch-echo", operation, sameRow(without(was, named), without(is, named)), () => ({
    detail: "changed fields that the patch does not name",
    example: { before: was, patch, after: is },
  }));
  const after = await read(fixtures, kind, id);
  if (after === undefined) return;
  judgeEcho(fixtures, "patch-echo", `GET ${collection}/:id`, patch, after.json as Row, liveFields);
  const isChanged = !sameRow(without(was, liveFields), without(after.json as Row, liveFields));
  if (isChanged) {
    const tag = after.headers.get("etag");
    rest.judge.check("etag-changes", `GET ${collection}/:id`, tag !== before.headers.get("etag"), () => ({
      detail: `the ETag is still ${tag} after a change`,
      value: tag,
      example: { patch, after: after.json },
    }));
  }
}

async function judgeIfMatch(fixtures: Fixtures, kind: ResourceKind, id: string): Promise<void> {
  const { rest } = fixtures;
  const { nameField, collection, liveFields } = resources[kind];
  const path = { operation: `PATCH ${collection}/:id`, params: { id } };
  const before = await read(fixtures, kind, id);
  if (before === undefined) return;
  const fresh = before.headers.get("etag") ?? staleTag;
  for (const method of ["PATCH", "DELETE"]) {
    const json = method === "PATCH" ? { json: { [nameField]: "changed under a stale tag" } } : {};
    await call(rest, {
      ...path,
      operation: `${method} ${collection}/:id`,
      ...json,
      headers: { "If-Match": staleTag },
      expect: 412,
      rule: "stale-if-match",
      about: "a stale If-Match",
    });
  }
  const after = await call(rest, {
    operation: `GET ${collection}/:id`,
    params: { id },
    expect: 200,
    rule: "stale-if-match",
    about: "a read after refused changes",
  });
  if (after === undefined) return;
  rest.judge.check(
    "stale-if-match",
    path.operation,
    sameRow(without(before.json as Row, liveFields), without(after.json as Row, liveFields)),
    () => ({
      detail: "was changed under a stale If-Match",
      example: { before: before.json, after: after.json },
    }),
  );
  // An agent's status, which its tag may count, moves by itself; then the tag is another by the time it is sent.
  if (kind === "agent") return;
  const changed = await call(rest, {
    ...path,
    json: { [nameField]: `${rest.tag} changed under its tag` },
    headers: { "If-Match": fresh },
    expect: 200,
    rule: "fresh-if-match",
    about: `If-Match: ${fresh}`,
  });
  if (changed === undefined) return;
  await call(rest, {
    ...path,
    json: { [nameField]: "changed twice under one tag" },
    headers: { "If-Match": fresh },
    expect: 412,
    rule: "stale-if-match",
    about: "the tag from before the last change",
  });
}

/** Patches what this run owns of a kind. */
export async function judgeChanging(fixtures: Fixtures, kind: ResourceKind): Promise<void> {
  const { rest } = fixtures;
  const { patch, collection, nameField } = resources[kind];
  const id = fixtures.own[kind];
  const examples = (schemaAt(patch).node.examples ?? []) as readonly Row[];
  const drawn = sampleValues(contractSchemas, schemaAt(patch), rest.seed, generatedCount) as Row[];
  for (const body of [...examples, ...drawn]) {
    await judgePatch(
      fixtures,
      kind,
      id,
      "sectorId" in body ? { ...body, sectorId: body["sectorId"] === null ? null : fixtures.own.sector } : body,
    );
  }
  if (kind !== "sector") await judgePatch(fixtures, kind, id, { sectorId: fixtures.own.sector });
  await judgeIfMatch(fixtures, kind, id);
  const operation = `PATCH ${collection}/:id`;
  await call(rest, {
    operation,
    params: { id: unknownId },
    json: { [nameField]: "Nobody" },
    expect: 404,
    rule: "unknown-id",
    about: "an unknown id",
  });
}

/** Deletes one of a kind, made for it. */
export async function judgeDeleting(fixtures: Fixtures, kind: ResourceKind): Promise<void> {
  const { rest } = fixtures;
  const { collection } = resources[kind];
  const operation = `DELETE ${collection}/:id`;
  const created = await fixtures.create(kind, fixtures.fullBody(kind));
  if (created === undefined) return;
  const id = rowId(created.json as Row);
  const deleted = await call(rest, { operation, params: { id }, expect: 204, rule: "delete-status" });
  if (deleted !== undefined) {
    fixtures.forget(kind, id);
    rest.judge.check("delete-status", operation, deleted.text === "", () => ({
      detail: "the 204 has a body",
      example: deleted.text.slice(0, 200),
    }));
    // RFC 9112, 6.1: what frames a body that is not there is taken for the next answer by whoever reads it.
    const coding = deleted.headers.get("transfer-encoding");
    const length = deleted.headers.get("content-length");
    rest.judge.check("delete-status", operation, coding === null && Number(length) === 0, () => ({
      detail: `the 204 frames a body with ${coding === null ? `Content-Length: ${length}` : `Transfer-Encoding: ${coding}`}`,
    }));
  }
  await call(rest, {
    operation: `GET ${collection}/:id`,
    params: { id },
    expect: 404,
    rule: "delete-gone",
    about: "a read after its deletion",
  });
  await call(rest, { operation, params: { id }, expect: 404, rule: "delete-gone", about: "a second deletion" });
  await call(rest, { operation, params: { id: unknownId }, expect: 404, rule: "unknown-id", about: "an unknown id" });
  if (kind === "sector")
    await call(rest, {
      operation,
      params: { id: fixtures.own.sector },
      expect: 409,
      rule: "delete-in-use",
      about: "a sector with an agent and a discussion",
    });
}
