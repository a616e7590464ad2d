/** A defect of the server is told to its log, and nothing of it to the caller. */
import { expect, test } from "vitest";
import { startApi } from "./api.fixture.js";
import { expectProblem } from "./refusals.fixture.js";

test("a defect is a 500 that tells nothing of it to the caller, and everything to the log", async () => {
  const logged: object[] = [];
  const secret = new Error("password in the message");
  const { call } = await startApi({
    store: (store) => ({ ...store, response: () => Promise.reject(secret) }),
    api: ({ logger }) => ({ logger: { ...logger, error: (fields) => void logged.push(fields) } }),
  });
  const answer = await call("POST", "/api/sectors", { name: "A" }, { "idempotency-key": "k" });
  expectProblem(answer, "internal-error", "/api/sectors");
  expect(JSON.stringify(answer.body)).not.toContain("password");
  expect(logged).toEqual([expect.objectContaining({ err: secret, path: "/api/sectors" })]);
});
