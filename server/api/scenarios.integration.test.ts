import { expect, test } from "vitest";
import { type ScenarioOutlineList, findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("the list of scenarios is what reset takes, with what happens in each", async () => {
  const { call, host } = await startApi();
  const list = (await call("GET", "/api/scenarios")).body as ScenarioOutlineList;
  expect(findViolations("resources/scenario-outline-list.schema.json", list)).toEqual([]);
  expect(list.data.map(({ name }) => name)).toEqual(
    expect.arrayContaining([host.world.scenario.name, "calm", "stress"]),
  );
  expect(list.data.find(({ name }) => name === "flash-crash-2010")?.events).toMatchObject([{ type: "flashCrash" }]);
});
