/** The ways to a server besides an open port: a path, headers and an `auth` payload, for every kind of subscriber. */
import { expect, test } from "vitest";
import { attackForeign, startForeign } from "../foreign.fixture.js";
import type { Plan } from "../../schemas/index.js";
import { attack, expectNoFaults, shortPlan, startServer } from "../loadtest.fixture.js";
import { startPrefix } from "../prefix.fixture.js";

test("a server under a path is reached there by subscribers, requests and messages", async () => {
  const max = await startServer();
  const url = await startPrefix(max.url);
  const plan: Plan = {
    ...shortPlan,
    rest: { perSecond: 20, routes: [{ path: "/health" }] },
    messages: { perSecond: 20 },
  };
  const { summary } = await attack({ url, token: max.token }, { plan, durationMs: 3000 });
  expect(summary.target).toMatchObject({ url, oracle: "regenerated" });
  expect(summary.clients).toMatchObject({ connected: 10, thin: 8, websocket: 1, polling: 1 });
  for (const { requests, errors, failed, reasons } of summary.http.routes) {
    expect({ errors, failed, reasons }).toEqual({ errors: 0, failed: 0, reasons: [] });
    expect(requests).toBeGreaterThan(0);
  }
  expectNoFaults(summary);
});

test("headers and the auth payload are shown by every kind of subscriber; without them all are refused", async () => {
  const plan = { ...shortPlan, control: { websocket: 1, polling: 1 } };
  const url = await startForeign(
    () => undefined,
    ({ handshake: { headers, auth } }) => headers["x-key"] === "open" && auth["name"] === "max",
  );
  const known = await attackForeign(url, { plan, headers: { "x-key": "open" }, auth: { name: "max" } });
  expect(known.clients).toMatchObject({ connected: 10, thin: 8, websocket: 1, polling: 1, refused: 0 });
  expectNoFaults(known);
  const unknown = await attackForeign(url, { plan, headers: { "x-key": "open" } });
  expect(unknown.clients).toMatchObject({ connected: 0, refused: 10, refusals: ["10 × not this one"] });
  expect(unknown.verdict).toBe("FAIL");
});
