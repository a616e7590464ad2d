/** Example: a test of a running server, which the checker judges by its address. */
import { runContract } from "max-harness/contract";
import { startMax } from "max-harness";
import { expect, test } from "vitest";

test("my server keeps the documented API", async () => {
  const server = await startMax({ port: 0, store: ":memory:", speed: 10 });

  const { verdict, reasons } = await runContract({ url: server.url, profile: "documented", forMs: 3000 });
  expect(reasons).toEqual([]);
  expect(verdict).toBe("PASS");

  await server.close();
}, 60_000);
