import { expect, test } from "vitest";
import type { Agent } from "../../../schemas/generated/types.js";
import { filterAgents, withoutSector } from "./filter.js";

const statusSince = "2026-01-05T14:30:00.000Z";
const scout: Agent = {
  id: "agent-001",
  name: "Momentum Scout",
  role: "Trader",
  sectorId: "tech-001",
  status: "active",
  statusSince,
};
const lens: Agent = { ...scout, id: "agent-002", name: "Ledger Lens", role: "Analyst", status: "on leave" };
const sentinel: Agent = { id: "agent-003", name: "Risk Sentinel", role: "Risk officer", status: "idle", statusSince };
const everybody = [scout, lens, sentinel];
const everything = { status: undefined, sector: undefined, text: undefined };

test.each([
  ["nothing is asked for", everything, everybody],
  ["the status is", { ...everything, status: "idle" }, [sentinel]],
  ["the sector is", { ...everything, sector: "tech-001" }, [scout, lens]],
  ["there is no sector", { ...everything, sector: withoutSector }, [sentinel]],
  ["each word occurs in name, role or id", { ...everything, text: " LENS  analyst " }, [lens]],
  ["the id is", { ...everything, text: "agent-001" }, [scout]],
  ["all of it fits", { status: "active", sector: "tech-001", text: "lens" }, []],
])("agents are shown where %s", (_name, filter, shown) => {
  expect(filterAgents(everybody, filter).shown).toEqual(shown);
});

test("each status is counted as the other parts of the filter leave it, the unheard-of ones, too", () => {
  const { counts } = filterAgents(everybody, { status: "gone", sector: "tech-001", text: undefined });
  expect([...counts]).toEqual([
    ["active", 1],
    ["processing", 0],
    ["idle", 0],
    ["error", 0],
    ["on leave", 1],
    ["gone", 0],
  ]);
});
