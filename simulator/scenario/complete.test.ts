import { expect, test } from "vitest";
import { completeScenario } from "./complete.js";
import { parseScenario } from "./parse.js";

const own = {
  name: "mine",
  title: "Mine",
  description: "Two sectors, one of them of the standard cast.",
  sectors: [
    { id: "tech-001", name: "Technology" },
    { id: "gold-001", name: "Gold" },
  ],
};

test("a scenario that names only its sectors gets the part of the standard cast that fits them", () => {
  const { agents, discussions } = parseScenario(own);
  expect(agents.length).toBe(completeScenario({ name: "a", title: "A", description: "A." }).agents.length);
  expect(new Set(agents.map(({ sectorId }) => sectorId))).toEqual(new Set(["tech-001", undefined]));
  expect(discussions.length).toBeGreaterThan(0);
  for (const { sectorId, follows = [] } of discussions) {
    expect([...follows, sectorId ?? "tech-001"]).toEqual([...follows, "tech-001"]);
    expect(follows.filter((id) => id !== "tech-001")).toEqual([]);
  }
});

test("completing a complete scenario changes nothing", () => {
  const complete = parseScenario(own);
  expect(completeScenario(complete)).toEqual(complete);
});
