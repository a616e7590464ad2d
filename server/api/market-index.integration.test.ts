import { expect, test } from "vitest";
import { type MarketIndex, type SectorList, findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("the index follows from the sectors' values and weights by its divisor", async () => {
  const { call, host } = await startApi();
  host.advance(40);
  const index = (await call("GET", "/api/index")).body as MarketIndex;
  expect(findViolations("resources/market-index.schema.json", index)).toEqual([]);
  const { data } = (await call("GET", "/api/sectors")).body as SectorList;
  const sum = data.reduce((total, { value, indexWeight }) => total + value * indexWeight, 0);
  expect(index.value).toBeCloseTo(sum / index.divisor, 2);
  expect(index.change).toBeCloseTo(index.value - index.open, 2);
  expect(index.updatedAt).toBe(new Date(host.world.nowMs).toISOString());
});
