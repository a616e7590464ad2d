/** Runs whose subscribers are held by agents. */
import { expect } from "vitest";
import { connectHostile, hello, startAgent, textOf, withAgents } from "../agents/agents.fixture.js";
import { version } from "../../schemas/package-root.js";
import { startStock } from "../stock.fixture.js";
import { attack, clusterPlan, expectNoFaults, onHold, shortPlan, test, verdictOnServer } from "../loadtest.fixture.js";

test("two agents hold the subscribers of a run: every delivery is checked, and the accounts add up", async ({
  max,
  skip,
}) => {
  const { agents, ended } = withAgents(["a", "b"]);
  const { summary } = await attack(max, { agents, plan: clusterPlan });
  expect(await Promise.all(ended)).toEqual([undefined, undefined]);
  expectNoFaults(summary);
  expect(summary.target.oracle).toBe("regenerated");
  expect(summary.clients).toMatchObject({ planned: 20, connected: 20, dropped: 0, refused: 0 });
  const { hosts, workers } = summary.generator;
  expect(workers).toBe(2);
  expect(
    hosts.map(({ host, clients }) => [host, clients]).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ["a", 10],
    ["b", 10],
  ]);
  const { expected, received, lost, corrupted, conflated, missed } = summary.deliveries;
  expect(received).toBeGreaterThan(0);
  expect(expected).toBe(received + lost + corrupted + conflated + missed);
  expect(summary.latencyUncertaintyMs).toBe(Math.max(...hosts.map(({ uncertaintyMs }) => uncertaintyMs)));
  expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
  expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
});

test("the stream of a server of another make is learned by agents, too", async ({ skip }) => {
  const { url } = await startStock({});
  const { agents, ended } = withAgents(["a", "b"]);
  const { summary } = await attack({ url }, { agents, durationMs: 2000 });
  expect(await Promise.all(ended)).toEqual([undefined, undefined]);
  expect(summary.target.oracle).toBe("learned");
  expectNoFaults(summary);
  expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
});

test("an agent that goes amid the run makes it INVALID at once, with its host and the second", async ({ max }) => {
  const leaving = new AbortController();
  const { agents, ended } = withAgents(["a"], { count: 2 }, (controller) => {
    void startAgent({ controller, host: "b", signal: leaving.signal });
  });
  const { summary } = await attack(max, { agents, durationMs: 60_000, ...onHold(() => leaving.abort()) });
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons[0]).toMatch(/^the agent b, second \d+ of the run: it was lost: the agent was interrupted$/);
  expect(summary.durationMs).toBeLessThan(30_000);
  expect(summary.generator.hosts.find(({ host }) => host === "b")?.evidence).toEqual([
    "it was lost: the agent was interrupted",
  ]);
  expect(await Promise.all(ended)).toEqual([undefined]);
});

test("an agent that goes before it is ready ends the run in one sentence", async ({ max }) => {
  const { agents, ended } = withAgents(["a"], { count: 2 }, (controller) => {
    const leave = async (): Promise<void> => {
      const { send, socket } = await connectHostile(controller);
      send({ ...hello, version });
      socket.on("message", (data) => textOf(data).includes('"start"') && socket.close());
    };
    void leave();
  });
  const error: unknown = await attack(max, { agents, plan: shortPlan }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "noAgents",
    message: expect.stringMatching(/^The agent hostile was lost: /) as unknown,
  });
  expect(await Promise.all(ended)).toEqual([undefined]);
});

test("what an agent reports that cannot be ends its link, and the run is INVALID", async ({ max }) => {
  const { agents } = withAgents(["a"], { count: 2 }, (controller) => {
    const lie = async (): Promise<void> => {
      const { send, socket } = await connectHostile(controller);
      send({ ...hello, version });
      setInterval(() => send({ type: "clock", sentMs: 0 }), 200).unref();
      socket.on("message", (data) => {
        const text = textOf(data);
        if (text.includes('"start"')) send({ type: "ready" });
        const generator = Number(/"generator":(\d+)/.exec(text)?.[1] ?? -1);
        if (generator < 0 || !text.includes('"scale"')) return;
        send({ type: "report", generator, message: { type: "counts", connected: 1e6, lost: Number.NaN } });
      });
    };
    void lie();
  });
  const { summary } = await attack(max, { agents, durationMs: 60_000 });
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons[0]).toMatch(
    /^the agent hostile, second \d+ of the run: it was lost: .*counts\.lost is not a whole number/,
  );
});
