import { expect, test } from "vitest";
import { type TestApi, startApi } from "./api.fixture.js";

const key = { "idempotency-key": "k-1" };
const said = { content: "Once", authorId: "visitor-1" };

function roomOf({ host }: TestApi): string {
  return `/api/discussions/${host.world.discussions()[0].id}/messages`;
}

test("a repeated key gets the first reply again and never reaches the world", async () => {
  const api = await startApi();
  const path = roomOf(api);
  const first = await api.call("POST", path, said, key);
  expect(first.headers.get("idempotent-replayed")).toBeNull();
  api.advance(10_000);
  const count = api.broadcasts.length;
  const again = await api.call("POST", path, '{ "content": "Once",\n "authorId": "visitor-1" }', key);
  expect(again.status).toBe(201);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("location")).toBe(first.headers.get("location"));
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(api.broadcasts).toHaveLength(count);
});

test("the reply to a key outlives the resource", async () => {
  const { call } = await startApi();
  const first = await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" }, key);
  await call("DELETE", "/api/sectors/chip-1");
  const again = await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" }, key);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("etag")).toBe('"1"');
  expect((await call("GET", "/api/sectors/chip-1")).status).toBe(404);
});

test.each([
  { name: "another body", path: "ROOM", body: { ...said, content: "Twice" } },
  { name: "another path", path: "/api/sectors", body: { name: "Chips" } },
])("the key with $name is refused", async ({ path, body }) => {
  const api = await startApi();
  await api.call("POST", roomOf(api), said, key);
  const refused = await api.call("POST", path.replace("ROOM", roomOf(api)), body, key);
  expect(refused.status).toBe(422);
  expect(refused.body.type).toBe("/docs/problems#key-reused");
});

test("of ten requests at once with one key one is applied, and all get its reply", async () => {
  const api = await startApi();
  const path = roomOf(api);
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.call("POST", path, said, key)));
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  expect(answers.filter((answer) => answer.headers.get("idempotent-replayed") === null)).toHaveLength(1);
  expect((await api.call("GET", path)).body.data).toHaveLength(1);
});

test.each([
  ["reset", {}],
  ["seek", { to: 4 }],
])("a key is free again where a %s has undone what it made", async (move, body) => {
  const api = await startApi();
  api.advance(5000);
  const first = await api.call("POST", "/api/sectors", { name: "Chips" }, key);
  expect((await api.control("POST", `/api/simulation/${move}`, body)).status).toBe(200);
  const again = await api.call("POST", "/api/sectors", { name: "Chips" }, key);
  expect(again.status).toBe(201);
  expect(again.headers.get("idempotent-replayed")).toBeNull();
  expect(again.body.id).not.toBe(first.body.id);
  expect((await api.call("GET", again.headers.get("location") ?? "")).body.name).toBe("Chips");
});

test("a rejected request leaves its key free", async () => {
  const { call } = await startApi();
  expect((await call("POST", "/api/sectors", { id: "chip-1" }, key)).status).toBe(422);
  expect((await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" }, key)).status).toBe(201);
});

test("when ticks pass while a creation is stored, the same key still gets the very same reply", async () => {
  const api: TestApi = await startApi({
    store: (store) => ({
      ...store,
      async commit(record) {
        await store.commit(record);
        api.advance(1000);
      },
    }),
  });
  const first = await api.call("POST", "/api/agents", { name: "A", role: "trader" }, key);
  const again = await api.call("POST", "/api/agents", { name: "A", role: "trader" }, key);
  expect(again.body).toEqual(first.body);
  expect((await api.call("GET", first.headers.get("location") ?? "")).body).toEqual(first.body);
});
