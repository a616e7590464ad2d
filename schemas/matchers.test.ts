/** The documented example of the matchers, as a test of it. */
import { expect, test } from "vitest";
import { type ContractMatchers, contractMatchers } from "./index.js";

declare module "vitest" {
  // oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface -- how vitest takes matchers
  interface Matchers<T> extends ContractMatchers<T> {}
}

expect.extend(contractMatchers);

test("the documented example holds", () => {
  expect({ agentId: "agent-789", status: "active" }).toBeContractEvent("agent:status_update");
  expect({
    id: "agent-789",
    name: "Trading Agent",
    role: "trader",
    status: "active",
    statusSince: "2025-01-15T10:30:00.000Z",
  }).toFitContract("resources/agent.schema.json");
});

test("what breaks the contract fails, with its place", () => {
  expect({ agentId: "agent-789" }).not.toBeContractEvent("agent:status_update");
  expect(() => expect({ agentId: 789, status: "active" }).toBeContractEvent("agent:status_update")).toThrow(
    "/agentId: must be string (type)",
  );
  expect(() => expect({}).toFitContract("resources/health.schema.json")).toThrow(/\/status: is missing/);
});

test("a name that the contract does not know is the test's own mistake", () => {
  expect(() => expect({}).toBeContractEvent("market:closed" as never)).toThrow(TypeError);
  expect(() => expect({}).toFitContract("resources/nothing.schema.json" as never)).toThrow(TypeError);
});
