/** What is wrong with a path, method, query, header or token gets its code and a problem document. */
import { expect } from "vitest";
import { startApi, test } from "./api.fixture.js";
import { type BadRequest, room, said, testRefusals } from "./refusals.fixture.js";

const badAddresses: readonly BadRequest[] = [
  { name: "an unknown sector", method: "GET", path: "/api/sectors/nope", problem: "unknown-resource" },
  {
    name: "an unknown agent",
    method: "PATCH",
    path: "/api/agents/nope",
    body: { status: "idle" },
    problem: "unknown-resource",
  },
  { name: "an unknown discussion", method: "DELETE", path: "/api/discussions/nope", problem: "unknown-resource" },
  {
    name: "a message to an unknown discussion",
    path: "/api/discussions/nope/messages",
    body: said,
    problem: "unknown-resource",
  },
  { name: "an unknown message", method: "GET", path: `${room}/nope`, problem: "unknown-resource" },
  { name: "an id with a NUL", method: "GET", path: `${room}/a%00b`, problem: "unknown-resource" },
  {
    name: "candles of an unknown sector",
    method: "GET",
    path: "/api/sectors/nope/candles",
    problem: "unknown-resource",
  },
  { name: "an unknown path", method: "GET", path: "/api/nope", problem: "unknown-path" },
  { name: "a slash too many", method: "GET", path: "/api/sectors/", problem: "unknown-path" },
  { name: "another letter case", method: "GET", path: "/api/Sectors", problem: "unknown-path" },
  { name: "a path that cannot be decoded", method: "GET", path: "/api/sectors/%zz", problem: "unknown-resource" },
  { name: "a wrong method for a list", method: "DELETE", path: "/api/sectors", problem: "method-not-allowed" },
  { name: "a wrong method for a resource", method: "PUT", path: "/api/sectors/SECTOR", problem: "method-not-allowed" },
  { name: "a method of its own", method: "PROPFIND", path: "/api/sectors", problem: "method-not-allowed" },
  {
    name: "a limit of nought",
    method: "GET",
    path: "/api/sectors?limit=0",
    problem: "bad-query",
    errors: [{ parameter: "limit", keyword: "minimum" }],
  },
  {
    name: "a limit that is no number",
    method: "GET",
    path: "/api/agents?limit=ten",
    problem: "bad-query",
    errors: [{ parameter: "limit", keyword: "type" }],
  },
  {
    name: "a limit given twice",
    method: "GET",
    path: "/api/agents?limit=1&limit=2",
    problem: "bad-query",
    errors: [{ parameter: "limit" }],
  },
  {
    name: "a made-up cursor",
    method: "GET",
    path: "/api/sectors?cursor=!!",
    problem: "bad-query",
    errors: [{ parameter: "cursor" }],
  },
  {
    name: "a made-up message cursor",
    method: "GET",
    path: `${room}?cursor=dGVjaA`,
    problem: "bad-query",
    errors: [{ parameter: "cursor" }],
  },
  {
    name: "an unknown interval",
    method: "GET",
    path: "/api/sectors/SECTOR/candles?interval=2m",
    problem: "bad-query",
    errors: [{ parameter: "interval", keyword: "enum" }],
  },
  {
    name: "the 30th of February",
    method: "GET",
    path: "/api/sectors/SECTOR/candles?start=2025-02-30T10:30:00Z",
    problem: "bad-query",
    errors: [{ parameter: "start", keyword: "format" }],
  },
  {
    name: "an instant without a zone",
    method: "GET",
    path: "/api/sectors/SECTOR/candles?start=2025-01-15T10:30:00",
    problem: "bad-query",
    errors: [{ parameter: "start" }],
  },
  {
    name: "a day that does not exist",
    method: "GET",
    path: "/api/sectors/SECTOR/candles?end=2025-13-15T10:30:00Z",
    problem: "bad-query",
    errors: [{ parameter: "end" }],
  },
  {
    name: "an idempotency key with a space",
    path: room,
    body: said,
    headers: { "idempotency-key": "a b" },
    problem: "bad-header",
    errors: [{ parameter: "Idempotency-Key" }],
  },
  {
    name: "an idempotency key too long",
    path: room,
    body: said,
    headers: { "idempotency-key": "k".repeat(256) },
    problem: "bad-header",
  },
  { name: "control without the token", path: "/api/simulation/pause", problem: "token-required" },
  {
    name: "control with another token",
    path: "/api/simulation/pause",
    headers: { authorization: "Bearer nope" },
    problem: "token-required",
  },
  {
    name: "the command log without the token",
    method: "GET",
    path: "/api/simulation/commands",
    problem: "token-required",
  },
];

testRefusals(badAddresses);

test("405 lists what the path takes, and so does OPTIONS", async ({ api: { call } }) => {
  const wrong = await call("PUT", "/api/sectors");
  expect(wrong.headers.get("allow")).toBe("GET, HEAD, OPTIONS, POST");
  const options = await call("OPTIONS", "/api/sectors");
  expect(options.status).toBe(204);
  expect(options.headers.get("allow")).toBe("GET, HEAD, OPTIONS, POST");
  expect((await call("OPTIONS", "/api/nope")).status).toBe(404);
});

test("HEAD answers as GET does, without the body", async () => {
  const { call, host } = await startApi();
  for (const path of ["/api/sectors", `/api/sectors/${host.world.sectors()[0].id}`, "/api/nope"]) {
    const get = await call("GET", path);
    const head = await call("HEAD", path);
    expect(head.status).toBe(get.status);
    expect(head.body).toBe("");
    for (const name of ["content-type", "content-length", "etag"])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  }
});
