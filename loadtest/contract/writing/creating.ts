/** Creations: the schema's examples, generated bodies, taken ids, Location and what the lists say afterwards. */
import { sampleValues } from "../generate/arbitrary.js";
import { type ResourceKind, resources } from "../core/operations.js";
import { type Answer, call, judgeProblem } from "../rest/call.js";
import { readAll } from "../rest/lists.js";
import { type Row, rowId, sameRow, without } from "../rest/rows.js";
import { contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";
import type { Fixtures } from "./fixtures.js";

const generatedCount = 6;

/** Fields of a request that the answer has to repeat. */
export function judgeEcho(
  fixtures: Fixtures,
  rule: "create-echo" | "patch-echo",
  operation: string,
  asked: Row,
  shown: Row,
  live: readonly string[],
): void {
  for (const [field, value] of Object.entries(without(asked, live))) {
    const echoed =
      value === null
        ? shown[field] === undefined || shown[field] === null
        : JSON.stringify(shown[field]) === JSON.stringify(value);
    fixtures.rest.judge.check(rule, operation, echoed, () => ({
      detail: `${field} is ${JSON.stringify(shown[field])} where ${JSON.stringify(value)} was asked for`,
      pointer: `/${field}`,
      value: shown[field],
      example: { request: asked, answer: shown },
    }));
  }
}

/** Follows the Location of a 201. */
export async function judgeLocation(
  fixtures: Fixtures,
  operation: string,
  answer: Answer,
  live: readonly string[],
): Promise<void> {
  const { judge, http, coverage } = fixtures.rest;
  const location = answer.headers.get("location");
  const isThere = judge.check("location-present", operation, location !== null, () => ({
    detail: "the 201 has no Location",
    example: answer.text.slice(0, 300),
  }));
  if (!isThere || location === null) return;
  const subject = `GET the Location of ${operation}`;
  const path = http.pathOf(location, answer.path);
  const reply = path === undefined ? undefined : await http.send(judge, subject, { method: "GET", path });
  if (reply !== undefined && /^\/api\/discussions\/[^/]+\/messages\/[^/?]+$/.test(path ?? ""))
    coverage.sawAnswer("GET", "/api/discussions/:id/messages/:messageId", reply.status);
  const leads =
    reply?.status === 200 &&
    typeof reply.json === "object" &&
    reply.json !== null &&
    sameRow(without(reply.json as Row, live), without(answer.json as Row, live));
  judge.check("location-leads", operation, leads, () => ({
    detail:
      reply === undefined
        ? `${location} is not an address`
        : `${location} answers ${reply.status}${reply.status === 200 ? " with something else" : ""}`,
    value: location,
    example: { created: answer.json, found: reply?.text.slice(0, 500) },
  }));
}

/** A body drawn from the schema, with ids that mean something here. */
function grounded(fixtures: Fixtures, kind: ResourceKind, drawn: Row): Row {
  const body: Record<string, unknown> = { ...drawn };
  if ("id" in body) body["id"] = fixtures.newId(kind);
  if ("sectorId" in body) body["sectorId"] = fixtures.own.sector;
  return body;
}

async function judgeCreation(fixtures: Fixtures, kind: ResourceKind, body: Row): Promise<Answer | undefined> {
  const { judge } = fixtures.rest;
  const { liveFields, collection } = resources[kind];
  const operation = `POST ${collection}`;
  const answer = await fixtures.create(kind, body);
  if (answer === undefined) return undefined;
  judgeEcho(fixtures, "create-echo", operation, body, answer.json as Row, liveFields);
  const etag = answer.headers.get("etag");
  judge.check("etag-present", operation, etag !== null, () => ({
    detail: "the 201 has no ETag",
    example: answer.text.slice(0, 300),
  }));
  await judgeLocation(fixtures, operation, answer, liveFields);
  return answer;
}

/** Creates some of a kind and judges each. What it leaves as `own` is there for the other checks. */
export async function judgeCreating(fixtures: Fixtures, kind: ResourceKind): Promise<void> {
  const { rest } = fixtures;
  const resource = resources[kind];
  const operation = `POST ${resource.collection}`;
  const first = await judgeCreation(fixtures, kind, fixtures.fullBody(kind));
  if (first === undefined) return;
  fixtures.own[kind] = rowId(first.json as Row);
  const examples = (schemaAt(resource.create).node.examples ?? []) as readonly Row[];
  const drawn = sampleValues(contractSchemas, schemaAt(resource.create), rest.seed, generatedCount) as Row[];
  for (const body of [...examples, ...drawn]) await judgeCreation(fixtures, kind, grounded(fixtures, kind, body));

  await call(rest, {
    operation,
    json: { ...fixtures.fullBody(kind), id: fixtures.own[kind] },
    expect: 409,
    rule: "id-conflict",
    about: "an id that is taken",
  });
  const listed = await readAll(rest, { operation: `GET ${resource.collection}` });
  if (listed !== undefined) {
    rest.judge.check(
      "create-listed",
      operation,
      listed.some((row) => rowId(row) === fixtures.own[kind]),
      () => ({
        detail: `${fixtures.own[kind]} is not in GET ${resource.collection}`,
        value: fixtures.own[kind],
      }),
    );
  }
  if (kind !== "sector") await judgeUnknownSector(fixtures, kind);
}

/** A sector that is not there: which refusal is the server's to choose, that it refuses is not. */
async function judgeUnknownSector(fixtures: Fixtures, kind: ResourceKind): Promise<void> {
  const { http, judge } = fixtures.rest;
  const subject = `POST ${resources[kind].collection}`;
  const body = { ...fixtures.fullBody(kind), sectorId: "no-such-id-9" };
  const reply = await http.send(judge, subject, { method: "POST", path: resources[kind].collection, json: body });
  const isRefused = judge.check("unknown-id", subject, [404, 409, 422].includes(reply.status), () => ({
    detail: `answered ${reply.status} to a sectorId that no sector has`,
    value: reply.status,
    example: body,
  }));
  if (isRefused) judgeProblem(fixtures.rest, subject, reply);
  else if (reply.status === 201) fixtures.keep(kind, body.id);
}
