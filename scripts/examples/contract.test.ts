/** Example: a backend's own test, which holds what it sends against the contract. */
import { type ContractMatchers, contractMatchers } from "max-harness/contract";
import { expect, test } from "vitest";

declare module "vitest" {
  // oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface -- how vitest takes matchers
  interface Matchers<T> extends ContractMatchers<T> {}
}

expect.extend(contractMatchers);

test("what my server sends keeps the contract", () => {
  const event = { agentId: "agent-789", status: "active", sectorId: "tech-001" };
  expect(event).toBeContractEvent("agent:status_update");

  const resource = {
    id: "agent-789",
    name: "Agent",
    role: "trader",
    status: "idle",
    statusSince: "2025-01-15T10:30:00Z",
  };
  expect(resource).toFitContract("resources/agent.schema.json");
});
