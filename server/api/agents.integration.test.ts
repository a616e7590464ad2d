import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("agents can be listed, created, read, patched and deleted", async () => {
  const { call, host } = await startApi();
  const list = await call("GET", "/api/agents");
  expect(findViolations("resources/agent-list.schema.json", list.body)).toEqual([]);
  const sectorId = host.world.sectors()[0].id;

  const created = await call("POST", "/api/agents", { name: "Trading Agent", role: "trader", sectorId });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ name: "Trading Agent", role: "trader", sectorId, status: "idle" });
  const path = created.headers.get("location") ?? "";
  expect((await call("GET", path)).body).toEqual(created.body);

  const patched = await call("PATCH", path, { role: "analyst", sectorId: null });
  expect(patched.body).toMatchObject({ role: "analyst", status: "idle" });
  expect(patched.body).not.toHaveProperty("sectorId");
  expect((await call("DELETE", path)).status).toBe(204);
  expect((await call("GET", path)).status).toBe(404);
});

test("a patched status is broadcast once; the same status again is not", async () => {
  const { call, broadcasts } = await startApi();
  await call("POST", "/api/agents", { id: "agent-789", name: "A", role: "trader" });
  broadcasts.length = 0;
  expect((await call("PATCH", "/api/agents/agent-789", { status: "processing" })).body.status).toBe("processing");
  await call("PATCH", "/api/agents/agent-789", { status: "processing" });
  expect(broadcasts).toEqual([
    { event: "agent:status_update", payload: { agentId: "agent-789", status: "processing" } },
  ]);
});

test("a merge patch is what PATCH does, by either of its names", async () => {
  const { call, host } = await startApi();
  const path = `/api/agents/${host.world.agents()[0].id}`;
  const patched = await call("PATCH", path, { role: "observer" }, { "content-type": "application/merge-patch+json" });
  expect(patched.body.role).toBe("observer");
});

test("agents are filtered by status and sector, page by page", async () => {
  const { call, host } = await startApi();
  for (const id of ["x-1", "x-2", "x-3"])
    await call("POST", "/api/agents", { id, name: id, role: "r", status: "on-holiday" });
  const first = await call("GET", "/api/agents?status=on-holiday&limit=2");
  expect(first.body.data.map((agent: { id: string }) => agent.id)).toEqual(["x-1", "x-2"]);
  expect(first.headers.get("link")).toContain("status=on-holiday");
  const second = await call("GET", `/api/agents?status=on-holiday&limit=2&cursor=${first.body.nextCursor}`);
  expect(second.body).toMatchObject({ data: [{ id: "x-3" }], hasMore: false });

  const { sectorId } = host.world.agents().find((agent) => agent.sectorId !== undefined) ?? {};
  const inSector = host.world.agents().filter((agent) => agent.sectorId === sectorId);
  expect((await call("GET", `/api/agents?sectorId=${sectorId}`)).body.data).toHaveLength(inSector.length);
});
