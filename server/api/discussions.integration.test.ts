import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("discussions can be listed, created, read, patched and deleted", async () => {
  const { call, host } = await startApi();
  const list = await call("GET", "/api/discussions");
  expect(findViolations("resources/discussion-list.schema.json", list.body)).toEqual([]);

  const created = await call("POST", "/api/discussions", { title: "Open floor" });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({ id: "disc-u1", title: "Open floor", messageCount: 0, createdAt: host.status().time });
  const path = created.headers.get("location") ?? "";
  expect((await call("GET", path)).body).toEqual(created.body);

  const sectorId = host.world.sectors()[0].id;
  const patched = await call("PATCH", path, { sectorId });
  expect(patched.body).toEqual({ ...created.body, sectorId });
  expect(patched.headers.get("etag")).toBe('"2"');
  const inSector = await call("GET", `/api/discussions?sectorId=${sectorId}&limit=200`);
  expect(inSector.body.data).toContainEqual(patched.body);
  expect((await call("DELETE", path, undefined, { "if-match": '"1"' })).status).toBe(412);
  expect((await call("DELETE", path, undefined, { "if-match": '"2"' })).status).toBe(204);
});

test("an id that a caller chose from the server's own series is passed over", async () => {
  const { call } = await startApi();
  await call("POST", "/api/discussions", { id: "disc-u1", title: "Chosen" });
  expect((await call("POST", "/api/discussions", { title: "Given" })).body.id).toBe("disc-u2");
});

test("a message moves the room's live values but not its revision", async () => {
  const { call, host } = await startApi();
  const { id } = host.world.discussions()[0];
  const before = await call("GET", `/api/discussions/${id}`);
  await call("POST", `/api/discussions/${id}/messages`, { content: "Hello", authorId: "a" });
  const after = await call("GET", `/api/discussions/${id}`);
  expect(after.body.messageCount).toBe(before.body.messageCount + 1);
  expect(after.body.lastMessageAt).toBe(host.status().time);
  expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
});
