/** Example: a load test of a running server as a test, with the figures of summary.json. */
import { runLoadtest } from "max-harness/loadtest";
import { startMax } from "max-harness";
import { expect, test } from "vitest";

test("my server loses nothing", async () => {
  const server = await startMax({ port: 0, store: ":memory:", speed: 10 });

  const { deliveries, conformance, latencyMs } = await runLoadtest({
    url: server.url,
    token: server.token,
    plan: "smoke",
    clients: 20,
    durationMs: 1000,
  });
  expect(deliveries).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, corrupted: 0 });
  expect(conformance.violations).toBe(0);
  expect(latencyMs.p50).not.toBeNull();

  await server.close();
}, 60_000);
