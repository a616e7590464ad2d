/** Idempotency keys: a repeated request gets the answer it got before, and leaves one thing behind. */
import { type ResourceKind, resources } from "../core/operations.js";
import { type Answer, call, judgeProblem } from "../rest/call.js";
import { readAll } from "../rest/lists.js";
import { type Row, rowId, sameRow, textOf, without } from "../rest/rows.js";
import type { Fixtures } from "./fixtures.js";

interface Repeated {
  readonly operation: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Row;
  readonly other: Row;
  readonly live: readonly string[];
  readonly keep: (answer: Answer) => void;
}

async function judgeRepeated(
  fixtures: Fixtures,
  { operation, params, body, other, live, keep }: Repeated,
): Promise<void> {
  const { rest } = fixtures;
  const key = fixtures.newId("key");
  const headers = { "Idempotency-Key": key };
  const about = "an Idempotency-Key";
  const [first, twin] = await Promise.all([
    call(rest, { operation, params, json: body, headers, expect: 201, rule: "idempotent-repeat", about }),
    call(rest, {
      operation,
      params,
      json: body,
      headers,
      expect: 201,
      rule: "idempotent-repeat",
      about: `${about}, twice at the same time`,
    }),
  ]);
  const again = await call(rest, {
    operation,
    params,
    json: body,
    headers,
    expect: 201,
    rule: "idempotent-repeat",
    about: `${about}, again`,
  });
  const answers = [first, twin, again].filter((answer) => answer !== undefined);
  for (const answer of answers) keep(answer);
  const [one] = answers;
  if (one === undefined) return;
  for (const answer of answers) {
    const isSame =
      sameRow(without(answer.json as Row, live), without(one.json as Row, live)) &&
      answer.headers.get("location") === one.headers.get("location");
    rest.judge.check("idempotent-repeat", operation, isSame, () => ({
      detail: "the repeated request got another answer",
      example: { first: one.json, again: answer.json },
    }));
  }
  const conflict = await rest.http.send(rest.judge, operation, {
    method: "POST",
    path: one.path,
    json: other,
    headers,
  });
  const isRefused = rest.judge.check(
    "idempotent-conflict",
    operation,
    conflict.status === 409 || conflict.status === 422,
    () => ({
      detail: `answered ${conflict.status} to a used key with another body`,
      value: conflict.status,
      example: { key, first: body, second: other },
    }),
  );
  if (isRefused) judgeProblem(rest, operation, conflict);
  else if (conflict.status === 201) keep({ ...conflict, path: one.path });
}

async function judgeKind(fixtures: Fixtures, kind: ResourceKind): Promise<void> {
  const { collection, liveFields, nameField } = resources[kind];
  const body = without(fixtures.fullBody(kind), ["id"]);
  const name = textOf(body, nameField);
  await judgeRepeated(fixtures, {
    operation: `POST ${collection}`,
    params: {},
    body,
    other: { ...body, [nameField]: `${name}, another` },
    live: liveFields,
    keep: (answer) => fixtures.keep(kind, rowId(answer.json as Row)),
  });
  const rows = await readAll(fixtures.rest, { operation: `GET ${collection}` });
  const made = (rows ?? []).filter((row) => row[nameField] === name).length;
  if (rows !== undefined)
    fixtures.rest.judge.check("idempotent-repeat", `POST ${collection}`, made === 1, () => ({
      detail: `three requests under one key made ${made}`,
      value: made,
    }));
}

export async function judgeRepeating(fixtures: Fixtures): Promise<void> {
  await judgeKind(fixtures, "agent");
  await judgeKind(fixtures, "discussion");
  const content = `${fixtures.rest.tag} said under a key`;
  const params = { id: fixtures.own.discussion };
  const body = { content, authorId: fixtures.own.agent };
  await judgeRepeated(fixtures, {
    operation: "POST /api/discussions/:id/messages",
    params,
    body,
    other: { ...body, content: `${content}, another` },
    live: [],
    keep: () => {},
  });
  const answer = await call(fixtures.rest, {
    operation: "GET /api/discussions/:id/messages",
    params,
    query: { limit: 50 },
    expect: 200,
    rule: "read-status",
  });
  if (answer === undefined) return;
  const made = (answer.json as { data: readonly Row[] }).data.filter((row) => row["content"] === content).length;
  fixtures.rest.judge.check("idempotent-repeat", "POST /api/discussions/:id/messages", made === 1, () => ({
    detail: `three requests under one key made ${made}`,
    value: made,
  }));
}
