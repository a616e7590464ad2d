/**
 * Load on the members that survive a fault, with the fault in its middle, and what came of it.
 *
 * Two things judge: the oracle of the load test, which compares every delivery with the regenerated stream, and a
 * ledger of the posts, each of which must be in the events, on every member and in Postgres exactly once.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import { expect, onTestFinished } from "vitest";
import type { Discussion, Message, MessageList, Plan, Summary } from "../../schemas/index.js";
import { startMaxCommand } from "../cli.fixture.js";
import { type Cluster, type Member, untilReady } from "./cluster.fixture.js";

export interface FaultOutcome {
  readonly summaries: readonly Summary[];
  /** From the fault to the line of a survivor that it leads. */
  readonly takeoverMs: number;
  /** From a tick's intended instant to its last arrival at a survivor. */
  readonly latestMs: number;
  readonly posts: number;
}

const clientsEach = 300;
const postsPerSecond = 50;
const measuredMs = 6000;
/** Into the measured time. */
const faultAfterMs = 2000;
const room = "disc-001";
const pageMax = 200;
/** A client gives a request up then, and sends it again with the same key. */
const requestMsMax = 5000;

const plan: Plan = {
  name: "survivors",
  description: "Thin subscribers of one member, while another one is at fault.",
  clients: clientsEach,
  warmupMs: 500,
  stages: [{ kind: "hold", durationMs: measuredMs }],
};

/** Runs `max loadtest` against the member; `onMeasuring` is called when it begins to measure. */
async function loadMember({ url, token }: Member, folder: string, onMeasuring: () => void): Promise<Summary> {
  const planFile = join(folder, "plan.json");
  const out = join(folder, new URL(url).port);
  const flags = ["--url", url, "--token", token, "--plan", planFile, "--workers", "0", "--json", "--out", out];
  const { wrote, ended } = startMaxCommand("loadtest", ...flags);
  const [{ stdout }] = await Promise.all([ended, wrote("hold for").then(onMeasuring)]);
  return JSON.parse(stdout) as Summary;
}

/** The ids of messages as a stock client of the member gets them, each as often as it comes. */
async function listen({ url }: Member): Promise<string[]> {
  const ids: string[] = [];
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  onTestFinished(() => void socket.close());
  socket.on("discussion:new_message", ({ message }: { message: Message }) => ids.push(message.id));
  await expect.poll(() => socket.connected).toBe(true);
  return ids;
}

/** Posts once, round robin from this member on, until one takes it; as a client that uses idempotency keys does. */
async function post(members: readonly Member[], first: number, content: string): Promise<string> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify({ content, authorId: "someone" }),
  };
  for (let attempt = 0; ; attempt++) {
    const member = members[(first + attempt) % members.length];
    const response = await member
      .fetch(`/api/discussions/${room}/messages`, { ...init, signal: AbortSignal.timeout(requestMsMax) })
      .catch(() => null);
    if (response?.status === 201) {
      const created = await response.json().catch(() => null);
      if (created !== null) return (created as Message).id;
    }
    if (response !== null && response.status !== 201 && response.status !== 503)
      throw new Error(`A post was answered with ${response.status}: ${await response.text()}`);
    await sleep(50);
  }
}

/** Posts at an even rate while the load goes on; resolves with the ids when all are acknowledged. */
async function postSteadily(members: readonly Member[], signal: AbortSignal): Promise<string[]> {
  const posts: Promise<string>[] = [];
  const startMs = performance.now();
  while (!signal.aborted) {
    const due = ((performance.now() - startMs) / 1000) * postsPerSecond;
    for (; posts.length < due;) posts.push(post(members, posts.length, `said ${posts.length}`));
    await sleep(1000 / postsPerSecond);
  }
  return await Promise.all(posts);
}

/** The ids of the room's newest messages on a member, until all of these are there or it has no more. */
async function idsOn(member: Member, wanted: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  let cursor = "";
  for (let left = wanted.size; left > 0;) {
    const response = await member.fetch(`/api/discussions/${room}/messages?limit=${pageMax}${cursor}`);
    expect(response.status).toBe(200);
    const { data, nextCursor } = (await response.json()) as MessageList;
    const ids = data.map(({ id }) => id).filter((id) => wanted.has(id));
    found.push(...ids);
    left -= ids.length;
    if (nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
  return found;
}

/** Every post exactly once: in the events, in Postgres, and on every member. */
async function expectOnce(cluster: Cluster, ids: readonly string[], streams: readonly string[][]): Promise<void> {
  const wanted = new Set(ids);
  expect(wanted.size).toBe(ids.length);
  const sorted = [...ids].sort();
  for (const stream of streams) {
    await expect.poll(() => ids.filter((id) => !stream.includes(id))).toEqual([]);
    expect(stream.filter((id) => wanted.has(id)).sort()).toEqual(sorted);
  }
  const rows = await cluster.query<{ id: string }>("select id from message where id = any($1) order by id", [sorted]);
  expect(rows.map(({ id }) => id).sort()).toEqual(sorted);
  for (const member of cluster.members) expect((await idsOn(member, wanted)).sort()).toEqual(sorted);
  // The own worlds of the members; a simulated message may come between two of these reads.
  const countOn = async (member: Member) =>
    ((await (await member.fetch(`/api/discussions/${room}`)).json()) as Discussion).messageCount;
  await expect.poll(async () => new Set(await Promise.all(cluster.members.map(countOn))).size).toBe(1);
}

/** 0 lost, duplicated, reordered and 0 slips; whether this machine was fast enough is no question here. */
function expectWhole({ deliveries, clients, server, target }: Summary): void {
  expect(target.oracle).toBe("regenerated");
  const { expected, received, conflated, ...faults } = deliveries;
  expect({ ...faults, conflated }).toEqual({
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    unexpected: 0,
    conflated: 0,
  });
  expect(received).toBe(expected);
  expect(received).toBeGreaterThan(clientsEach * 10);
  expect(clients).toMatchObject({ connected: clientsEach, dropped: 0, refused: 0 });
  expect(server).toMatchObject({ slips: 0, errors: [] });
}

/**
 * Loads all members but the leader, and does something to that in the middle.
 *
 * @param fault resolves when the leader is to be ready again
 */
export async function survive(cluster: Cluster, fault: (leader: Member) => Promise<void>): Promise<FaultOutcome> {
  const { members } = cluster;
  const leader = await cluster.leader();
  const survivors = members.filter((member) => member !== leader);
  const folder = await mkdtemp(join(tmpdir(), "max-survivors-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  const streams = await Promise.all(survivors.map(listen));
  const over = new AbortController();
  let measuring = 0;
  let begin = (): void => {};
  const isMeasuring = new Promise<void>((resolve) => void (begin = resolve));
  const loads = Promise.all(
    survivors.map((member) => loadMember(member, folder, () => void (++measuring === survivors.length && begin()))),
  );
  await Promise.race([isMeasuring, loads]);
  const posting = postSteadily(members, over.signal);
  await sleep(faultAfterMs);
  const faultMs = Date.now();
  const mended = fault(leader);
  const summaries = await loads;
  over.abort();
  await mended;
  const ids = await posting;
  await Promise.all(members.map(untilReady));
  await expectOnce(cluster, ids, streams);
  for (const summary of summaries) expectWhole(summary);
  const leads = survivors
    .flatMap(({ log }) => log)
    .filter(({ msg, time }) => msg.endsWith(" leads") && time >= faultMs);
  return {
    summaries,
    takeoverMs: Math.min(...leads.map(({ time }) => time)) - faultMs,
    latestMs: Math.max(...summaries.map(({ latencyMs }) => latencyMs.max ?? Number.NaN)),
    posts: ids.length,
  };
}
