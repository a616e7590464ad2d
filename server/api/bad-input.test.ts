/** Each kind of bad input gets its code and a problem document; nothing of it is stored or broadcast, and the server goes on. */
import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { type Answer, type TestApi, startApi } from "./api.fixture.js";
import { type ProblemName, problemTypes } from "./problems.js";

function expectProblem(answer: Answer, problem: ProblemName, path: string): void {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(findViolations("resources/problem.schema.json", answer.body)).toEqual([]);
  expect(answer.body.type).toBe(`/docs/problems#${problem}`);
  expect(answer.status).toBe(problemTypes[problem].status);
  expect(answer.body.status).toBe(answer.status);
  expect(answer.body.instance).toBe(path);
}

/** What must be the same after a rejected request. */
async function stateOf({ call, host, broadcasts }: TestApi): Promise<unknown> {
  const rooms = host.world.discussions().map((room) => room.id);
  const messages = await Promise.all(rooms.map((id) => call("GET", `/api/discussions/${id}/messages`)));
  const lists = await Promise.all(["sectors", "agents", "discussions"].map((name) => call("GET", `/api/${name}`)));
  return [broadcasts.length, host.status().digest, [...messages, ...lists].map((answer) => answer.body)];
}

interface BadRequest {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly problem: ProblemName;
  readonly errors?: object[];
}

const room = "/api/discussions/ROOM/messages";
const said = { content: "Hello", authorId: "visitor-1" };
const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;

const badRequests: BadRequest[] = [
  { name: "broken JSON", path: "/api/sectors", body: '{"name": "Chips', problem: "malformed-json" },
  { name: "an empty body", path: "/api/sectors", body: "", problem: "malformed-json" },
  {
    name: "a body that only says that it is compressed",
    path: "/api/sectors",
    body: "xx",
    headers: { "Content-Encoding": "gzip" },
    problem: "malformed-json",
  },
  {
    name: "a compressed body that says it is brotli",
    path: "/api/sectors",
    body: "xxxxxxxx",
    headers: { "Content-Encoding": "br" },
    problem: "malformed-json",
  },
  {
    name: "JSON in another charset",
    path: "/api/sectors",
    body: '{"name":"a"}',
    headers: { "Content-Type": "application/json; charset=iso-8859-1" },
    problem: "unsupported-media-type",
  },
  { name: "a body of spaces", path: "/api/sectors", body: "   ", problem: "malformed-json" },
  {
    name: "a poisoned prototype",
    path: "/api/sectors",
    body: '{"name":"a","__proto__":{}}',
    problem: "malformed-json",
  },
  { name: "JSON too deep to mean anything", path: "/api/sectors", body: deep, problem: "invalid-body" },
  {
    name: "half a surrogate pair",
    path: "/api/sectors",
    body: String.raw`{"name":"half \ud83d of a pair"}`,
    problem: "invalid-body",
    errors: [{ pointer: "/name", keyword: "wellFormed", detail: "must not have half a surrogate pair" }],
  },
  {
    name: "a missing property",
    path: room,
    body: { content: "Hello" },
    problem: "invalid-body",
    errors: [{ pointer: "/authorId", keyword: "required" }],
  },
  {
    name: "empty content",
    path: room,
    body: { ...said, content: "" },
    problem: "invalid-body",
    errors: [
      { pointer: "/content", keyword: "minLength" },
      { pointer: "/content", keyword: "pattern" },
    ],
  },
  {
    name: "content too long",
    path: room,
    body: { ...said, content: "x".repeat(4001) },
    problem: "invalid-body",
    errors: [{ pointer: "/content", keyword: "maxLength" }],
  },
  {
    name: "an unknown property with a slash in its name",
    path: room,
    body: { ...said, "a/b~c": 1 },
    problem: "invalid-body",
    errors: [{ pointer: "/a~1b~0c", keyword: "additionalProperties" }],
  },
  {
    name: "a number for a body",
    path: room,
    body: "5",
    problem: "invalid-body",
    errors: [{ pointer: "", keyword: "type" }],
  },
  {
    name: "null for a body",
    path: room,
    body: "null",
    problem: "invalid-body",
    errors: [{ pointer: "", keyword: "type" }],
  },
  {
    name: "an array for a body",
    path: room,
    body: [said],
    problem: "invalid-body",
    errors: [{ pointer: "", keyword: "type" }],
  },
  {
    name: "several faults at once",
    path: "/api/sectors",
    body: { value: "much", beta: -1 },
    problem: "invalid-body",
    errors: [
      { pointer: "/name", keyword: "required" },
      { pointer: "/value", keyword: "type" },
      { pointer: "/beta", keyword: "minimum" },
    ],
  },
  {
    name: "an id of the wrong form",
    path: "/api/sectors",
    body: { id: "Not An Id", name: "A" },
    problem: "invalid-body",
    errors: [{ pointer: "/id", keyword: "pattern" }],
  },
  {
    name: "an empty patch",
    method: "PATCH",
    path: "/api/sectors/SECTOR",
    body: {},
    problem: "invalid-body",
    errors: [{ pointer: "", keyword: "minProperties" }],
  },
  {
    name: "an agent in an unknown sector",
    path: "/api/agents",
    body: { name: "A", role: "trader", sectorId: "nowhere" },
    problem: "invalid-body",
    errors: [{ pointer: "/sectorId", keyword: "reference" }],
  },
  {
    name: "a discussion moved to an unknown sector",
    method: "PATCH",
    path: "/api/discussions/ROOM",
    body: { sectorId: "nowhere" },
    problem: "invalid-body",
    errors: [{ pointer: "/sectorId", keyword: "reference" }],
  },
  { name: "a taken id", path: "/api/sectors", body: { id: "SECTOR", name: "Again" }, problem: "already-exists" },
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
  { name: "no media type", path: room, body: said, headers: { "content-type": "" }, problem: "unsupported-media-type" },
  {
    name: "a form",
    path: room,
    body: "a=1",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    problem: "unsupported-media-type",
  },
  {
    name: "plain text",
    path: room,
    body: said,
    headers: { "content-type": "text/plain" },
    problem: "unsupported-media-type",
  },
  {
    name: "a JSON Patch",
    method: "PATCH",
    path: "/api/sectors/SECTOR",
    body: [],
    headers: { "content-type": "application/json-patch+json" },
    problem: "unsupported-media-type",
  },
  {
    name: "an unknown content encoding",
    path: room,
    body: said,
    headers: { "content-encoding": "zip" },
    problem: "unsupported-media-type",
  },
  { name: "a body of 2 MB", path: room, body: { ...said, content: "x".repeat(2_000_000) }, problem: "body-too-large" },
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

test.each(badRequests)("$name is a $problem", async ({ method = "POST", path, body, headers, problem, errors }) => {
  const api = await startApi();
  const sector = api.host.world.sectors()[0].id;
  const discussion = api.host.world.discussions()[0].id;
  const fill = (text: string): string => text.replace("SECTOR", sector).replace("ROOM", discussion);
  const filledBody = typeof body === "object" ? JSON.parse(fill(JSON.stringify(body))) : body;
  api.advance(2000);
  const before = await stateOf(api);

  const answer = await api.call(method, fill(path), filledBody, headers);
  expectProblem(answer, problem, fill(path).split("?")[0]);
  if (errors !== undefined) expect(answer.body.errors).toEqual(errors.map((error) => expect.objectContaining(error)));

  expect(await stateOf(api)).toEqual(before);
  expect((await api.call("POST", fill(room), said)).status).toBe(201);
});

test("405 lists what the path takes, and so does OPTIONS", async () => {
  const { call } = await startApi();
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

test("a defect is a 500 that tells nothing of it to the caller, and everything to the log", async () => {
  const logged: object[] = [];
  const secret = new Error("password in the message");
  const { call } = await startApi({
    store: (store) => ({ ...store, reply: () => Promise.reject(secret) }),
    api: ({ logger }) => ({ logger: { ...logger, error: (fields) => void logged.push(fields) } }),
  });
  const answer = await call("POST", "/api/sectors", { name: "A" }, { "idempotency-key": "k" });
  expectProblem(answer, "internal-error", "/api/sectors");
  expect(JSON.stringify(answer.body)).not.toContain("password");
  expect(logged).toEqual([expect.objectContaining({ err: secret, path: "/api/sectors" })]);
});
