/** A FastAPI server reaches the level of the documented API, and what is wrong with it is found. */
import { expect, test } from "vitest";
import { formatContractText, runContract } from "../index.js";
import { isSkippedWithout } from "../../../schemas/requirement.fixture.js";
import { isPythonThere, pythonRemedy, startPythonServer } from "./python-server.fixture.js";

const isSkipped = isSkippedWithout(isPythonThere);
if (isSkipped) process.stdout.write(`  the FastAPI trial is skipped: ${pythonRemedy}\n`);

test.skipIf(isSkipped)("a FastAPI server of the documented API reaches that level, without a false alarm", async () => {
  await using server = await startPythonServer();
  const result = await runContract({ url: server.url, forMs: 1500, profile: "documented", strict: true });
  if (result.verdict !== "PASS") process.stdout.write(`${formatContractText(result)}\n`);
  expect(result.reasons).toEqual([]);
  expect([result.verdict, result.levels?.reached, result.levels?.next?.level]).toEqual(["PASS", "documented", "core"]);
});

test.skipIf(isSkipped)("its 200 for an unknown id keeps it from that level", async () => {
  await using server = await startPythonServer("unknown-id");
  const result = await runContract({ url: server.url, forMs: 300, profile: "documented", only: ["resources"] });
  expect(result.findings.map(({ rule, subject }) => `${rule} ${subject}`)).toEqual(["unknown-id GET /api/agents/:id"]);
});

test.skipIf(isSkipped)("its naive timestamps are found as such", async () => {
  await using server = await startPythonServer("naive");
  const result = await runContract({ url: server.url, forMs: 800 });
  expect(result.verdict).toBe("FAIL");
  const found = result.findings.filter(({ level }) => level === "realtime");
  expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(["event-timestamp"]));
});

test.skipIf(isSkipped)("a NaN, which Python's json writes and no browser reads, is found as such", async () => {
  await using server = await startPythonServer("nan");
  const result = await runContract({ url: server.url, forMs: 1500 });
  expect(result.verdict).toBe("FAIL");
  const found = result.findings.filter(({ level }) => level === "realtime").map(({ rule }) => rule);
  // The stock client closes the connection at such a packet.
  expect(new Set(found)).toEqual(new Set(["json-number", "connection-lasts"]));
});
