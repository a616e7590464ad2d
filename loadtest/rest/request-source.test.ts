/** What is requested when follows from the plan and the seed alone. */
import { expect, test } from "vitest";
import type { PlanRest } from "../../schemas/index.js";
import { parsePlan } from "../plans/parse.js";
import { shortPlan } from "../loadtest.fixture.js";
import { RequestSource } from "./request-source.js";

const rest: PlanRest = {
  perSecond: 100,
  routes: [
    { path: "/api/sectors/{sector}?at={share}", weight: 3 },
    {
      method: "PATCH",
      path: "/api/agents/{agent}",
      headers: { "If-Match": '"{serial}"' },
      body: { share: "{share}", text: "of {agent}", agents: ["{agent}"], open: "{open}" },
    },
  ],
  data: {
    sector: ["tech-001", "a/b"],
    agent: ["agent-789", "agent-1"],
    share: { from: 0.5, to: 1.5, decimals: 2 },
    open: [true, false],
    serial: { serial: "n-" },
  },
};

function take(count: number, more: Partial<PlanRest> = {}, seed = "7") {
  const source = new RequestSource({ ...rest, ...more }, seed);
  return Array.from({ length: count }, () => source.next());
}

test("the same seed 7 gives the same requests, another seed others", () => {
  expect(take(500)).toEqual(take(500));
  expect(take(500, { arrivals: "poisson" })).toEqual(take(500, { arrivals: "poisson" }));
  expect(take(50, {}, "8")).not.toEqual(take(50));
});

test("constant arrivals are even, and every stretch has the routes by their weights", () => {
  const requests = take(4000);
  expect(requests.map(({ dueMs }) => dueMs)).toEqual(requests.map((_, index) => index * 10));
  for (let from = 0; from < 4000; from += 4)
    expect(requests.slice(from, from + 4).filter(({ route }) => route === 0)).toHaveLength(3);
});

test("Poisson arrivals of seed 7 have the rate, the spread and the shares that they should have", () => {
  const requests = take(20_000, { arrivals: "poisson" });
  const gaps = requests.map(({ dueMs }, index) => dueMs - (requests[index - 1]?.dueMs ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  // Five standard errors.
  expect(Math.abs(mean - 10)).toBeLessThan(5 * (10 / Math.sqrt(gaps.length)));
  expect(deviation / mean).toBeCloseTo(1, 1);
  const share = requests.filter(({ route }) => route === 0).length / requests.length;
  expect(Math.abs(share - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / requests.length));
});

test("values go into path, headers and body, once for each request", () => {
  const patches = take(400).filter(({ route }) => route === 1);
  for (const [index, { path, headers, body }] of patches.entries()) {
    const agent = path.slice("/api/agents/".length);
    const sent = JSON.parse(body ?? "") as Record<string, unknown>;
    expect(rest.data?.["agent"]).toContain(agent);
    expect(sent).toMatchObject({ text: `of ${agent}`, agents: [agent], open: expect.any(Boolean) as unknown });
    expect(sent["share"]).toBeGreaterThanOrEqual(0.5);
    expect(sent["share"]).toBeLessThanOrEqual(1.5);
    expect(headers).toEqual({ "If-Match": `"n-${index + 1}"`, "content-type": "application/json" });
  }
  expect(new Set(take(400).map(({ path }) => /^\/api\/sectors\/([^?]+)/.exec(path)?.[1]))).toEqual(
    new Set(["tech-001", "a%2Fb", undefined]),
  );
});

test.each<readonly [string, PlanRest, string]>([
  [
    "a name that has no values",
    { ...rest, routes: [{ path: "/api/sectors/{sectr}" }] },
    "/rest/routes/0 has {sectr}, which is none of its data. Did you mean sector?",
  ],
  ["no data at all", { perSecond: 1, routes: [{ path: "/{id}" }] }, "has {id}, which is none of its data. Give its"],
  ["two routes of one name", { perSecond: 1, routes: [{ path: "/x" }, { path: "/x" }] }, "of another route, GET /x"],
  [
    "a header that cannot be sent",
    { perSecond: 1, routes: [{ path: "/x", headers: { "x y": "" } }] },
    '/rest/routes/0: Header "x y" cannot be sent',
  ],
  ["a range upside down", { ...rest, data: { ...rest.data, share: { from: 2, to: 1 } } }, "goes from 2 to 1"],
  ["a rate without routes", { perSecond: 1 }, "/rest/routes must have"],
  ["nothing", {}, "/rest must NOT have fewer than 1 properties"],
])("a plan with %s is refused", (_, value, sentence) => {
  expect(() => parsePlan({ ...shortPlan, rest: value })).toThrow(sentence);
});
