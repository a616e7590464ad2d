/** What the oracle reads of a server while it runs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Max } from "../../server/main.js";
import { attack, startServer } from "../loadtest.fixture.js";
import { monotonicMs } from "../measure/monotonic.js";
import { parseTarget } from "../target.js";
import { Feed } from "./feed.js";
import { identifyStream } from "./identify.js";
import type { StreamOrder } from "./orders.js";

async function follow(max: Max, url = max.url): Promise<{ readonly feed: Feed; readonly orders: StreamOrder[] }> {
  const orders: StreamOrder[] = [];
  const simulation = max.simulation.status();
  const identified = identifyStream(simulation, undefined);
  if ("obstacle" in identified) throw new Error(identified.obstacle);
  const target = parseTarget({ url, token: max.token });
  const feed = await Feed.open(target, simulation, identified.scenario, (order) => orders.push(order));
  if (feed === undefined) throw new Error("the command log cannot be read");
  onTestFinished(() => feed.stop());
  return { feed, orders };
}

async function post(max: Max, content: string): Promise<void> {
  const { data } = (await (await fetch(`${max.url}/api/discussions`)).json()) as { data: [{ id: string }] };
  const body = JSON.stringify({ content, authorId: "somebody" });
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(`${max.url}/api/discussions/${data[0].id}/messages`, {
    method: "POST",
    headers,
    body,
  });
  expect(status).toBe(201);
}

test("each command is handed on once with its acceptance, however often the log is read", async () => {
  const max = await startServer();
  await post(max, "before");
  const { feed, orders } = await follow(max);
  feed.start();
  const sentMs = monotonicMs();
  await post(max, "first");
  const answeredMs = monotonicMs();
  await feed.synced();
  await post(max, "second");
  await feed.synced();
  const posted = orders
    .flatMap((order) => (order.type === "amend" || order.type === "batches" ? order.batches : []))
    // The first one lies at the edge of what is followed: the tick at which it was posted may still be handed on.
    .filter(({ sequence }) => sequence > 1);
  expect(posted.map(({ sequence }) => sequence)).toEqual([2, 3]);
  expect(posted.map(({ texts }) => texts.join())).toEqual([
    expect.stringContaining("first"),
    expect.stringContaining("second"),
  ]);
  // A command's events count from its acceptance.
  expect(posted[0].intendedMs).toBeGreaterThan(sentMs);
  expect(posted[0].intendedMs).toBeLessThan(answeredMs);
});

test("a log that promises more and has none ends there", async () => {
  const max = await startServer();
  const endless = { data: [], nextCursor: null, hasMore: true };
  const server = createServer(({ url }, response) => {
    response.end(JSON.stringify(url?.includes("commands") === true ? endless : max.simulation.status()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { feed } = await follow(max, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await feed.synced();
  expect(feed.troubles).toEqual([]);
});

test("a log that cannot be read in the end is a trouble", async () => {
  const max = await startServer();
  const { feed } = await follow(max);
  await max.close();
  await feed.synced();
  expect(feed.troubles).toEqual([expect.stringMatching(/command log could not be read/)]);
});

/** From now on the server tells a deletion of nobody, `ticksAhead` of where it is. */
function contradict(max: Max, ticksAhead: number): void {
  const afterTick = max.simulation.status().tick + ticksAhead;
  const entry = { afterTick, sequence: 1, command: { type: "deleteAgent", id: "nobody" } } as const;
  Object.assign(max.simulation, { commandsAfter: (sequence: number) => (sequence < 1 ? [entry] : []) });
}

test.each([
  ["of what was done", 0],
  ["of what is to come", 20],
])("a log %s that the world refuses is the server's trouble, and told once", async (_what, ticksAhead) => {
  const max = await startServer();
  const { feed } = await follow(max);
  const lost = vi.fn<() => void>();
  feed.onTrouble = lost;
  contradict(max, ticksAhead);
  await feed.synced();
  feed.start();
  await vi.waitUntil(() => feed.troubles.length > 0, { timeout: 30_000, interval: 5 });
  await feed.poll();
  await feed.synced();
  expect(feed.troubles).toEqual([expect.stringMatching(/command log contradicts the world: .*deleteAgent.*"nobody"/)]);
  expect(lost).toHaveBeenCalledOnce();
});

test("a run against a server whose log was wrong before it began fails with that sentence", async () => {
  const max = await startServer();
  contradict(max, 0);
  const { summary } = await attack(max);
  expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons[0]).toMatch(/command log contradicts the world/);
});

/** The server is asked amid a seek. */
async function pollAmidSeek(max: Max, feed: Feed): Promise<void> {
  const { status } = max.simulation;
  Object.assign(max.simulation, { status: () => ({ ...status.call(max.simulation), state: "seeking" }) });
  await feed.poll();
  Object.assign(max.simulation, { status });
}

test.each([
  ["back", 1, /another timeline/],
  ["ahead", 1000, /moved ahead/],
])("where a seek leads is said once it is over: %s", async (_, tick, named) => {
  const max = await startServer();
  await max.simulation.step(10);
  const { feed } = await follow(max);
  await pollAmidSeek(max, feed);
  expect(feed.troubles).toEqual([]);
  await max.simulation.seek(tick);
  await feed.poll();
  expect(feed.troubles).toEqual([expect.stringMatching(named)]);
});

test("a seek that outlasts the run is named, too", async () => {
  const max = await startServer();
  const { feed } = await follow(max);
  await pollAmidSeek(max, feed);
  await feed.synced();
  expect(feed.troubles).toEqual([expect.stringMatching(/still being moved/)]);
});

test("a pause, steps and another speed are followed", async () => {
  const max = await startServer();
  const { feed } = await follow(max);
  const lost = vi.fn<() => void>();
  feed.onTrouble = lost;
  await max.simulation.pause();
  await feed.poll();
  await max.simulation.step(200);
  await feed.poll();
  max.simulation.play();
  await feed.poll();
  max.simulation.setSpeed(8);
  await feed.poll();
  expect(feed.troubles).toEqual([]);
  expect(lost).not.toHaveBeenCalled();
});
