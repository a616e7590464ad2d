/** A body is read as JSON, or refused as something else: never taken and lost. */
import fc from "fast-check";
import { expect } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { startApi, test } from "./api.fixture.js";

test.each([
  "application/json",
  "application/json;",
  "application/json; utf-8",
  "application/json; charset",
  "application/json;;charset=utf-8",
  "application/json;charset=utf8",
  'application/json; charset="UTF-8"',
  "application/json; charset=utf-8;",
  "application/json ; charset = utf-8",
  "APPLICATION/JSON",
])("%s is read", async (type) => {
  const { call, control } = await startApi();
  const created = await call("POST", "/api/discussions", { title: "A room" }, { "content-type": type });
  expect([created.status, created.body.title]).toEqual([201, "A room"]);
  const reset = await call(
    "POST",
    "/api/simulation/reset",
    { seed: "7", scenario: "calm" },
    { "content-type": type, authorization: "Bearer test-token" },
  );
  expect([reset.status, reset.body.seed, reset.body.scenario]).toEqual([200, "7", "calm"]);
  expect((await control("GET", "/api/simulation/commands")).status).toBe(200);
});

test.for([
  "application/json; charset=utf-16; x",
  "application/json; charset=utf-8; charset=latin1",
  "application/json; charset=",
  "application/jsonp",
  "application/json, text/plain",
  "application",
  "text/json",
  "application/vnd.api+json",
  ";",
])("%s is refused", async (type, { api: { call } }) => {
  const answer = await call("POST", "/api/discussions", { title: "A room" }, { "content-type": type });
  expect(answer.status).toBe(415);
});

const seed = 17;
test(`random media types: read whole, or a 415 (seed ${seed})`, async () => {
  const { call } = await startApi();
  const piece = fc.constantFrom(
    ...'application|json|/|;|;; |charset|=|"|utf-8|UTF8|utf-16|latin1|+|merge-patch|text|*|,| |\t|x|boundary='.split(
      "|",
    ),
  );
  const type = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `application/json;${pieces.join("")}`),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
  );
  const outcomes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(type, async (contentType) => {
      const answer = await call("POST", "/api/discussions", { title: "T" }, { "content-type": contentType });
      outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1);
      if (answer.status === 201) expect(answer.body.title).toBe("T");
      else expect(answer.status).toBe(415);
    }),
    { seed, numRuns: amount(80, 10_000) },
  );
  expect(new Set(outcomes.keys())).toEqual(new Set([201, 415]));
}, 600_000);
