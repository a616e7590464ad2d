/** What was asked for by a token, a scenario or a number of subscribers is not replaced by a weaker check in silence. */
import type { RequestListener } from "node:http";
import { expect } from "vitest";
import { parseScenario, shippedScenarios } from "../../simulator/index.js";
import { attackForeign, startForeign } from "../foreign.fixture.js";
import { attack, test } from "../loadtest.fixture.js";

const now = (nowMs: number): string => new Date(nowMs).toISOString();

async function startAnswering(status: number, body: string): Promise<string> {
  const answer: RequestListener = (_, response) => void response.writeHead(status).end(body);
  return startForeign(now, () => true, answer);
}

test("a token that the server rejects is refused, and so is an optional one", async ({ max: { url } }) => {
  for (const isTokenOptional of [false, true]) {
    await expect(attack({ url, token: "another-server's", isTokenOptional })).rejects.toMatchObject({
      code: "notFollowed",
      message: expect.stringMatching(
        /^(?:The option token|MAX_TOKEN) was given, .* rejected the token with 401\. Correct/,
      ),
    });
  }
});

test.each([
  ["has none", 404, "", /the server has no \/api\/simulation/],
  ["is a page", 200, "<!doctype html>", /GET \/api\/simulation answers with something that is not JSON/],
  ["is another document", 200, '{"data":[]}', /answers with another JSON document/],
  ["fails", 500, "", /answers 500/],
])("with a token a server whose simulation %s is refused", async (_, status, body, named) => {
  const url = await startAnswering(status, body);
  await expect(attack({ url, token: "x" })).rejects.toMatchObject({
    code: "notFollowed",
    message: expect.stringMatching(named),
  });
});

test.each([
  [404, "", false],
  [200, "<!doctype html>", false],
  [200, '{"data":[]}', false],
  [500, "", true],
  [200, " ".repeat(2 << 20), true],
])("an optional token may be another server's where /api/simulation answers %i %#", async (status, body, isRefused) => {
  const url = await startAnswering(status, body);
  const run = attack({ url, token: "x", isTokenOptional: true }, { durationMs: 50 });
  if (isRefused) await expect(run).rejects.toMatchObject({ code: "notFollowed" });
  else expect((await run).summary.target.oracle).toBe("learned");
});

test("a scenario that is not the server's is refused, with a token and without", async ({ max }) => {
  const changed = parseScenario({ ...shippedScenarios.get(max.simulation.status().scenario), title: "Changed" });
  const calm = parseScenario({ ...shippedScenarios.get("calm") });
  for (const server of [max, { url: max.url }]) {
    await expect(attack(server, { scenario: calm })).rejects.toThrow(
      'the given scenario is "calm", and the server runs "',
    );
    await expect(attack(server, { scenario: changed })).rejects.toThrow("the server runs another version of it");
  }
});

test("one subscriber with nothing to compare it with is INVALID", async () => {
  const url = await startForeign(now);
  const summary = await attackForeign(url, { clients: 1, durationMs: 200 });
  expect(summary.deliveries.received).toBeGreaterThan(0);
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons.join()).toMatch(/only 0 of \d+ events were due to more than one subscriber/);
});
