/** What the oracle reads of a server while it runs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Simulation } from "../../schemas/index.js";
import type { Max } from "../../server/main.js";
import { attack, expectNoFaults, onHold, shortPlan, startServer, ticksPass } from "../loadtest.fixture.js";
import { monotonicMs } from "../core/monotonic.js";
import { parseTargets } from "../core/targets.js";
import { CommandLog } from "./command-log.js";
import { StreamPlanner } from "./stream-planner.js";
import { identifyStream } from "../oracle/identify.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";

async function follow(
  max: Max,
  ...given: readonly string[]
): Promise<{ readonly planner: StreamPlanner; readonly orders: StreamUpdate[] }> {
  const urls = given.length === 0 ? [max.url] : given;
  const orders: StreamUpdate[] = [];
  const simulation = max.simulation.status();
  const identified = identifyStream(simulation, undefined);
  if ("reason" in identified) throw new Error(identified.reason);
  const targets = parseTargets({ urls, token: max.token });
  const planner = await StreamPlanner.open(targets, simulation, identified.scenario, (order) => orders.push(order));
  if ("problem" in planner) throw new Error(planner.problem);
  onTestFinished(() => planner.stop());
  return { planner, orders };
}

/** A server that has played up to this tick, and the first of them perhaps by itself. */
async function startPausedAt(tick: number): Promise<Max> {
  const max = await startServer();
  await max.simulation.pause();
  await max.simulation.step(tick - max.simulation.status().tick);
  return max;
}

/** Stands in for the server: its simulation as it is, and a command log of one's own. */
async function startImpostor(max: Max, log: (after: number) => unknown): Promise<string> {
  const server = createServer(({ url = "" }, response) => {
    const after = /commands\?after=(\d+)/.exec(url)?.[1];
    response.end(JSON.stringify(after === undefined ? max.simulation.status() : log(Number(after))));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  const { planner, orders } = await follow(max);
  planner.start();
  const sentMs = monotonicMs();
  await post(max, "first");
  const answeredMs = monotonicMs();
  await planner.synced();
  await post(max, "second");
  await planner.synced();
  const posted = orders
    .flatMap((order) => (order.type === "amend" || order.type === "batches" ? order.batches : []))
    // The tick after which the first one was posted may be one that is followed.
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

test.each([0, 5])(
  "what is posted after the tick that is followed first is expected (tick %i, paused)",
  async (tick) => {
    const max = await startServer({ clock: "manual" });
    await max.simulation.step(tick);
    await post(max, "before");
    const plan = { ...shortPlan, messages: { perSecond: 20 } };
    // While the market stands, messages are all that arrives: the run lasts until there are some.
    const enough = new AbortController();
    const areThere = async () => (await max.simulation.commandsAfter(0, 20)).length > 10;
    const endOnceThere = onHold(() => {
      void vi.waitUntil(areThere, { timeout: 120_000 }).finally(() => enough.abort());
    });
    const { summary } = await attack(max, { plan, durationMs: 600_000, signal: enough.signal, ...endOnceThere });
    expectNoFaults(summary);
    expect(summary.deliveries.received).toBeGreaterThan(plan.clients);
    expect(max.simulation.status().tick).toBe(tick);
  },
);

/** Stands in for a member of the server's cluster: answers `wrong` of what the server would, while there is one. */
async function startMember(max: Max) {
  const member = { url: "", wrong: undefined as ((status: Simulation) => Simulation | undefined) | undefined };
  const server = createServer(({ url = "" }, response) => {
    const status = max.simulation.status();
    const answer = member.wrong === undefined ? status : member.wrong(status);
    if (answer === undefined || url.includes("commands")) response.writeHead(503).end();
    else response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return Object.assign(member, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function atTick(status: Simulation, tick: number): Simulation {
  const time = new Date(Date.parse(status.start) + tick * status.tickMs).toISOString();
  return { ...status, tick, time };
}

test("while one member does not answer, all is read from the others", async () => {
  const max = await startServer();
  const member = await startMember(max);
  const { planner, orders } = await follow(max, member.url, max.url);
  planner.start();
  await ticksPass(max, 2);
  member.wrong = () => undefined;
  await post(max, "posted meanwhile");
  await planner.synced();
  expect(planner.errors).toEqual([]);
  expect(JSON.stringify(orders).includes("posted meanwhile")).toBe(true);
});

test("a member that is a tick behind another one, or answers what it was asked before, was not moved", async () => {
  const max = await startPausedAt(100);
  const member = await startMember(max);
  const { planner } = await follow(max, max.url, member.url);
  await planner.poll();
  await max.simulation.step(2);
  member.wrong = (status) => atTick(status, status.tick - 1);
  await planner.poll();
  await planner.poll();
  expect(planner.errors).toEqual([]);
  expect(planner.monitor.simulation.tick).toBe(102);
});

test.each<[string, (status: Simulation) => Simulation, RegExp]>([
  [
    "far behind the others",
    (status) => atTick(status, status.tick - 5),
    /it is at tick 105, and another member was at tick 110 before it was asked/,
  ],
  ["another timeline", (status) => ({ ...status, bootId: "other" }), /began another timeline/],
  [
    "ticks at other instants",
    (status) => ({ ...status, anchors: [{ fromTick: 0, monotonicNs: "1", intervalNs: 25e6 }] }),
    /contradicts it, as the instants of their ticks differ from tick 0 on/,
  ],
])("a member with %s is named", async (_what, wrong, named) => {
  const max = await startPausedAt(100);
  const member = await startMember(max);
  const { planner } = await follow(max, max.url, member.url);
  await max.simulation.step(10);
  member.wrong = wrong;
  // At first both are asked at the same time, and neither had to know of the other.
  await planner.poll();
  await planner.poll();
  expect(planner.errors).toEqual([expect.stringMatching(named)]);
  expect(planner.errors[0]).toContain(member.url);
});

test("a slip that all members report is one", async () => {
  const max = await startServer();
  const { status } = max.simulation;
  const member = await startMember(max);
  const { planner } = await follow(max, max.url, member.url);
  Object.assign(max.simulation, { status: () => ({ ...status.call(max.simulation), slips: 1 }) });
  await planner.poll();
  expect(planner.monitor.slips).toBe(1);
});

test("a log that has nobody to give it for a moment is read once there is somebody", async () => {
  const max = await startServer();
  let refusals = 3;
  const server = createServer(({ url = "" }, response) => {
    if (!url.includes("commands")) response.end(JSON.stringify(max.simulation.status()));
    else if (isOver && refusals-- > 0) response.writeHead(503).end();
    else response.end('{"data":[],"nextCursor":null,"hasMore":false}');
  }).listen(0, "127.0.0.1");
  let isOver = false;
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { planner } = await follow(max, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  isOver = true;
  await planner.synced();
  expect(refusals).toBeLessThan(0);
  expect(planner.errors).toEqual([]);
});

test("a log that promises more and has none ends there", async () => {
  const max = await startServer();
  const { planner } = await follow(
    max,
    await startImpostor(max, () => ({ data: [], nextCursor: null, hasMore: true })),
  );
  await planner.synced();
  expect(planner.errors).toEqual([]);
});

test("a log that cannot be read before the run is named", async () => {
  const max = await startServer();
  const url = await startImpostor(max, () => "no page");
  await expect(follow(max, url)).rejects.toThrow(
    "GET /api/simulation/commands answers with another JSON document than its own",
  );
});

test("a log that always has another page is given up at its limit, and named", async () => {
  const max = await startServer();
  const content = "x".repeat(1 << 14);
  const url = await startImpostor(max, (after) => {
    const data = Array.from({ length: 8 }, (_, at) => ({
      afterTick: 0,
      sequence: after + at + 1,
      command: { type: "deleteAgent", id: content },
    }));
    return { data, nextCursor: String(after + 8), hasMore: true };
  });
  const log = new CommandLog(parseTargets({ urls: [url], token: max.token }), 2 << 20);
  expect(await log.readNews()).toEqual({
    problem: expect.stringMatching(/^\d+ commands were read from the server's log, and it has more than 2 MiB/),
  });
});

test.each([
  ["goes back", -1, /tick went back from \d+ to \d+/],
  ["leaps", 1_000_000, /by its clock tick \d+ is the last/],
])("a simulation whose tick %s amid the run is not followed", async (_, ticks, named) => {
  const max = await startServer();
  // There is none before the first.
  await ticksPass(max, 2);
  const { planner, orders } = await follow(max);
  await planner.poll();
  const { start, tick, tickMs } = planner.monitor.simulation;
  const { status } = max.simulation;
  Object.assign(max.simulation, {
    status: () => {
      const time = new Date(Date.parse(start) + (tick + ticks) * tickMs).toISOString();
      return { ...status.call(max.simulation), tick: tick + ticks, time };
    },
  });
  planner.start();
  await planner.poll();
  expect(planner.errors).toEqual([expect.stringMatching(named)]);
  const planned = orders.flatMap((order) => (order.type === "batches" ? order.batches : []));
  expect(planned.length).toBeLessThan(1000);
});

test("a simulation that is further on than can be replayed in time is refused with the reason", async () => {
  const max = await startServer();
  const status = { ...max.simulation.status(), state: "paused" as const, tick: 1e9 };
  const time = new Date(Date.parse(status.start) + status.tick * status.tickMs).toISOString();
  Object.assign(max.simulation, { status: () => ({ ...status, time, monotonicNs: String(process.hrtime.bigint()) }) });
  await expect(follow(max)).rejects.toThrow(/is at tick 999999999, and replaying them takes longer than 60 s/);
});

test("a log and a simulation that cannot be read in the end are errors", async () => {
  const max = await startServer();
  const { planner } = await follow(max);
  await max.close();
  await planner.synced();
  expect(planner.errors).toEqual([
    expect.stringMatching(/simulation gave no valid answer at the end/),
    expect.stringMatching(/command log could not be read at the end \(GET .*ECONNREFUSED/),
  ]);
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
])("a log %s that the world refuses is the server's fault, and reported once", async (_what, ticksAhead) => {
  const max = await startServer();
  const { planner } = await follow(max);
  const lost = vi.fn<() => void>();
  planner.onTrouble = lost;
  contradict(max, ticksAhead);
  await planner.synced();
  planner.start();
  await vi.waitUntil(() => planner.errors.length > 0, { timeout: 30_000, interval: 5 });
  await planner.poll();
  await planner.synced();
  expect(planner.errors).toEqual([expect.stringMatching(/command log contradicts the world: .*deleteAgent.*"nobody"/)]);
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
async function amidSeek(max: Max, ask: () => Promise<unknown>): Promise<void> {
  const { status } = max.simulation;
  Object.assign(max.simulation, { status: () => ({ ...status.call(max.simulation), state: "seeking" }) });
  await ask();
  Object.assign(max.simulation, { status });
}

test.each([
  ["back", 1, /another timeline/],
  ["ahead", 1000, /moved ahead/],
])("where a seek leads is said once it is over: %s", async (_, tick, named) => {
  const max = await startServer();
  await max.simulation.step(10);
  const { planner } = await follow(max);
  await amidSeek(max, () => planner.poll());
  expect(planner.errors).toEqual([]);
  await max.simulation.seek(tick);
  await planner.poll();
  expect(planner.errors).toEqual([expect.stringMatching(named)]);
});

test("a seek that outlasts the run is named, too", async () => {
  const max = await startServer();
  const { planner } = await follow(max);
  await amidSeek(max, () => planner.synced());
  expect(planner.errors).toEqual([expect.stringMatching(/still being moved/)]);
});

test("a pause, steps and another speed are followed", async () => {
  const max = await startServer();
  const { planner } = await follow(max);
  const lost = vi.fn<() => void>();
  planner.onTrouble = lost;
  await max.simulation.pause();
  await planner.poll();
  await max.simulation.step(200);
  await planner.poll();
  max.simulation.play();
  await planner.poll();
  max.simulation.setSpeed(8);
  await planner.poll();
  expect(planner.errors).toEqual([]);
  expect(lost).not.toHaveBeenCalled();
});

test("the tick from which a moved market plays on is never sent, and owed to nobody", async () => {
  const max = await startServer({ speed: 0.1 });
  await max.simulation.seek(50);
  const { summary } = await attack(max, { durationMs: 1500 });
  expect(summary.ticks.first).toBeGreaterThan(50);
  expectNoFaults(summary);
  expect(summary.deliveries.received).toBeGreaterThan(0);
});
