import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("sectors can be listed, created, read, patched and deleted", async () => {
  const { call } = await startApi();
  const before = await call("GET", "/api/sectors");
  expect(before.status).toBe(200);
  expect(findViolations("resources/sector-list.schema.json", before.body)).toEqual([]);
  expect(before.body.data).toHaveLength(11);

  const created = await call("POST", "/api/sectors", { name: "Semiconductors", value: 250.5, indexWeight: 0.05 });
  expect(created.status).toBe(201);
  expect(created.headers.get("location")).toBe(`/api/sectors/${created.body.id}`);
  expect(created.headers.get("etag")).toBe('"1"');
  expect(created.body).toMatchObject({
    id: "sector-u1",
    name: "Semiconductors",
    value: 250.5,
    open: 250.5,
    indexWeight: 0.05,
    beta: 1,
  });

  const read = await call("GET", "/api/sectors/sector-u1");
  expect(read.body).toEqual(created.body);
  expect(read.headers.get("cache-control")).toBe("no-store");

  const patched = await call("PATCH", "/api/sectors/sector-u1", { name: "Chips" });
  expect(patched.status).toBe(200);
  expect(patched.body.name).toBe("Chips");
  expect(patched.headers.get("etag")).toBe('"2"');

  expect((await call("DELETE", "/api/sectors/sector-u1")).status).toBe(204);
  expect((await call("GET", "/api/sectors/sector-u1")).status).toBe(404);
  expect((await call("GET", "/api/sectors")).body.data).toHaveLength(11);
});

test("what the API fills in for a new sector is what the world takes by itself", async () => {
  const { call, host } = await startApi();
  await call("POST", "/api/sectors", { id: "aaa-1", name: "Filled in" });
  await host.execute(() => ({ command: { type: "createSector", sector: { id: "aaa-2", name: "Filled in" } } }));
  const { id: _first, ...filledIn } = (await call("GET", "/api/sectors/aaa-1")).body;
  const { id: _second, ...byWorld } = (await call("GET", "/api/sectors/aaa-2")).body;
  expect(filledIn).toEqual(byWorld);
});

test("the list is as fresh as the tick, and as the last change between two ticks", async () => {
  const { call, advance } = await startApi();
  const first = await call("GET", "/api/sectors");
  expect((await call("GET", "/api/sectors")).body).toEqual(first.body);
  advance(1000);
  const later = await call("GET", "/api/sectors");
  expect(later.body).not.toEqual(first.body);
  const { id } = later.body.data[0];
  await call("PATCH", `/api/sectors/${id}`, { name: "Renamed" });
  expect((await call("GET", "/api/sectors")).body.data[0].name).toBe("Renamed");
});

test("a limit above the greatest is lowered to it, however large, and what the library creates is listed at once", async () => {
  const { call, host } = await startApi();
  const sector = { id: "chip-1", name: "Chips", symbol: "CHP", indexWeight: 0.1, value: 10, currency: "USD" };
  const before = (await call("GET", "/api/sectors")).body.data.length;
  await host.execute(() => ({ command: { type: "createSector", sector } }));
  const all = await call("GET", "/api/sectors");
  expect(all.body.data).toHaveLength(before + 1);
  expect((await call("GET", `/api/sectors?limit=${"9".repeat(20)}`)).body).toEqual(all.body);
});

test("a page goes on right behind the last id although rows come and go in between", async () => {
  const { call } = await startApi();
  const all = (await call("GET", "/api/sectors")).body.data.map((sector: { id: string }) => sector.id) as string[];
  const first = await call("GET", "/api/sectors?limit=3");
  expect(first.body).toMatchObject({ hasMore: true, nextCursor: expect.any(String) });
  expect(first.headers.get("link")).toBe(`</api/sectors?limit=3&cursor=${first.body.nextCursor}>; rel="next"`);
  // One in front of the cursor and one behind it.
  await call("POST", "/api/sectors", { id: "aaa-1", name: "In front" });
  await call("POST", "/api/sectors", { id: "zzz-1", name: "Behind" });
  const rest = await call("GET", `/api/sectors?cursor=${first.body.nextCursor}`);
  expect(rest.body.data.map((sector: { id: string }) => sector.id)).toEqual([...all.slice(3), "zzz-1"]);
  expect(rest.body).toMatchObject({ hasMore: false, nextCursor: null });
});

test("a sector with agents or discussions stays, and the problem counts them", async () => {
  const { call, host } = await startApi();
  const agent = host.world.agents().find((one) => one.sectorId !== undefined);
  const refused = await call("DELETE", `/api/sectors/${agent?.sectorId}`);
  expect(refused.status).toBe(409);
  expect(refused.body.type).toBe("/docs/problems#in-use");
  expect(refused.body.detail).toMatch(/\d+ agents and \d+ discussions/);
});

test("a change decided on an old revision is refused, and If-Match: * asks only that it exists", async () => {
  const { call, host } = await startApi();
  const id = host.world.sectors()[0]?.id ?? "";
  const path = `/api/sectors/${id}`;
  const etag = (await call("GET", path)).headers.get("etag") ?? "";
  expect((await call("PATCH", path, { name: "First" }, { "if-match": etag })).status).toBe(200);
  const stale = await call("PATCH", path, { name: "Second" }, { "if-match": etag });
  expect(stale.status).toBe(412);
  expect(stale.headers.get("etag")).not.toBe(etag);
  expect((await call("DELETE", path, undefined, { "if-match": etag })).status).toBe(412);
  expect((await call("PATCH", path, { name: "Third" }, { "if-match": `W/${stale.headers.get("etag")}` })).status).toBe(
    412,
  );
  expect(
    (await call("PATCH", path, { name: "Third" }, { "if-match": `"99", ${stale.headers.get("etag")}` })).status,
  ).toBe(200);
  expect((await call("PATCH", path, { name: "Fourth" }, { "if-match": "*" })).status).toBe(200);
  expect((await call("GET", path)).body.name).toBe("Fourth");
});

test("of two changes at once that name the same revision exactly one is made", async () => {
  const { call, host } = await startApi();
  const path = `/api/sectors/${host.world.sectors()[0]?.id}`;
  const etag = (await call("GET", path)).headers.get("etag") ?? "";
  const answers = await Promise.all(["a", "b", "c"].map((name) => call("PATCH", path, { name }, { "if-match": etag })));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 412)).toHaveLength(2);
});
