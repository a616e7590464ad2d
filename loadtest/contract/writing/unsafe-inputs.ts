/** What languages read differently: 1 and 1.0, duplicate keys, lone surrogates, integers beyond 2^53. */
import { type ResourceKind, resources } from "../core/operations.js";
import { type HttpReply } from "../rest/http-client.js";
import { type Row, rowId } from "../rest/rows.js";
import type { Fixtures } from "./fixtures.js";

async function post(fixtures: Fixtures, kind: ResourceKind, body: string): Promise<HttpReply> {
  const { collection } = resources[kind];
  const reply = await fixtures.rest.http.send(fixtures.rest.judge, `POST ${collection}`, {
    method: "POST",
    path: collection,
    body,
  });
  fixtures.rest.coverage.sawAnswer("POST", collection, reply.status);
  if (reply.status === 201 && typeof reply.json === "object" && reply.json !== null)
    fixtures.keep(kind, rowId(reply.json as Row));
  return reply;
}

/** Some servers take these and some refuse them; both are right, falling over is not. */
async function judgeTolerance(fixtures: Fixtures): Promise<void> {
  const name = (text: string): string => `{"id":"${fixtures.newId("input")}","name":${text},"role":"checker"}`;
  const bodies: readonly (readonly [string, string])[] = [
    ["a lone surrogate", name(String.raw`"half \ud83d of a pair"`)],
    ["a NUL character", name(String.raw`"nul \u0000 inside"`)],
    ["a duplicate key", name('"first","name":"second"')],
    ["a byte order mark", `\uFEFF${name('"with a mark"')}`],
    ["__proto__ as a key", name('"proto","__proto__":{"status":"error"}')],
  ];
  for (const [what, body] of bodies) {
    const reply = await post(fixtures, "agent", body);
    fixtures.rest.judge.check("no-server-error", "POST /api/agents", reply.status < 500, () => ({
      detail: `answered ${reply.status} to ${what}`,
      value: reply.status,
      example: body,
    }));
  }
}

export async function judgeUnsafeInputs(fixtures: Fixtures): Promise<void> {
  const { judge } = fixtures.rest;
  const sector = (numbers: string): string => `{"id":"${fixtures.newId("input")}","name":"Unsafe inputs",${numbers}}`;
  const spelled = await post(fixtures, "sector", sector('"value":100.0,"beta":1.0,"indexWeight":1e-2'));
  const { beta, indexWeight } = (spelled.json ?? {}) as Record<string, unknown>;
  judge.check(
    "number-spelling",
    "POST /api/sectors",
    spelled.status === 201 && beta === 1 && indexWeight === 0.01,
    () => ({
      detail: `answered ${spelled.status} to numbers spelled 100.0, 1.0 and 1e-2`,
      value: spelled.status,
      example: spelled.text.slice(0, 300),
    }),
  );
  for (const [what, numbers] of [
    ["an integer beyond 2^53", '"value":9007199254740993'],
    ["a number beyond the range of doubles", '"value":1e999'],
    ["a number as text", '"beta":"1"'],
  ] as const) {
    const reply = await post(fixtures, "sector", sector(numbers));
    judge.check("unsafe-input-refused", "POST /api/sectors", reply.status === 400 || reply.status === 422, () => ({
      detail: `answered ${reply.status} to ${what}`,
      value: reply.status,
      example: numbers,
    }));
  }
  await judgeTolerance(fixtures);
}
