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
import { noFaults } from "../../loadtest/loadtest.fixture.js";
import { randomOfText } from "../../schemas/random.fixture.js";
import { startMaxCommand } from "../cli.fixture.js";
import { type Cluster, type Member, untilReady } from "./cluster.fixture.js";

/** What happens to a cluster under load. */
export interface Fault {
  readonly name: string;
  /** From its beginning until everything is there again, milliseconds. */
  readonly lastsMs: number;
  /** Whose subscribers must not notice it: everybody's, or everybody's but the leader's. */
  readonly spares: "all" | "others";
  /** Resolves when everything is there again. */
  strike(cluster: Cluster, leader: Member): Promise<void>;
}

export interface Load {
  /** Decides when the fault strikes, and is in the text of the posts. */
  readonly seed: string;
  /** Over all members whose subscribers must not notice. @default 600 */
  readonly clients?: number;
  /** Measured before and after the fault, milliseconds. @default 2000 and 4000 */
  readonly marginsMs?: readonly [before: number, after: number];
}

export interface FaultOutcome {
  /** Deliveries to subscribers that must not notice. */
  readonly received: number;
  /** From the fault to the line of a member that it leads; undefined where the leader stays. */
  readonly takeoverMs: number | undefined;
  /** From a tick's intended instant to its last arrival. */
  readonly latestMs: number;
  /** How often the market had been late for more than a second, and went on from there. */
  readonly slips: number;
  readonly posts: PostCounts;
}

export interface PostCounts {
  readonly acknowledged: number;
  /** Answered at least once with 503. */
  readonly refused: number;
  /** Refused for so long that their client gave up. */
  readonly abandoned: number;
}

const postsPerSecond = 50;
/** Besides, by the seed, up to a tick of the slowest scenario. */
const jitterMs = 500;
const room = "disc-001";
const pageMax = 200;
/** A client gives a request up then, and sends it again with the same key. */
const requestMsMax = 5000;
/** For how long a client that is refused tries again. */
const patienceMs = 8000;
const retryMs = 50;

function planOf(clients: number, durationMs: number): Plan {
  return {
    name: "survivors",
    description: "Thin subscribers of one member, amid a fault.",
    clients,
    warmupMs: 500,
    stages: [{ kind: "hold", durationMs }],
  };
}

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

/** Posts to the members in turn, as clients that use idempotency keys do. */
class Poster {
  readonly ids: string[] = [];
  refused = 0;
  abandoned = 0;
  /** Answers that are neither 201 nor 503. */
  readonly unexpected: string[] = [];
  readonly #members: readonly Member[];
  readonly #name: string;

  constructor(members: readonly Member[], name: string) {
    this.#members = members;
    this.#name = name;
  }

  /** At an even rate until then; resolves when every post is acknowledged or abandoned. */
  async post(until: AbortSignal): Promise<void> {
    const posts: Promise<void>[] = [];
    const startMs = performance.now();
    while (!until.aborted) {
      const due = ((performance.now() - startMs) / 1000) * postsPerSecond;
      for (; posts.length < due;) posts.push(this.#postOnce(posts.length));
      await sleep(1000 / postsPerSecond);
    }
    await Promise.all(posts);
  }

  async #postOnce(number: number): Promise<void> {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify({ content: `${this.#name} ${number}`, authorId: "someone" }),
    };
    const startMs = performance.now();
    let isRefused = false;
    for (let at = number; ; at++) {
      const member = this.#members[at % this.#members.length];
      const response = await member
        .fetch(`/api/discussions/${room}/messages`, { ...init, signal: AbortSignal.timeout(requestMsMax) })
        .catch(() => null);
      const body = await response?.text().catch(() => null);
      if (response?.status === 201 && body !== null) return void this.ids.push((JSON.parse(body!) as Message).id);
      if (response !== null && response.status !== 201 && response.status !== 503)
        this.unexpected.push(`${response.status}: ${body}`);
      if (response?.status === 503) {
        if (!isRefused) this.refused += 1;
        isRefused = true;
        if (performance.now() - startMs > patienceMs) return void (this.abandoned += 1);
      }
      await sleep(1000 * Number(response?.headers.get("retry-after") ?? 0) || retryMs);
    }
  }
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

/** Every acknowledged post exactly once: in the events, in Postgres, and on every member. No other one twice. */
async function expectOnce(cluster: Cluster, ids: readonly string[], streams: readonly string[][]): Promise<void> {
  const wanted = new Set(ids);
  expect(wanted.size).toBe(ids.length);
  const sorted = [...ids].sort();
  for (const stream of streams) {
    await expect.poll(() => ids.filter((id) => !stream.includes(id)), { timeout: 10_000 }).toEqual([]);
    expect(stream.filter((id) => wanted.has(id)).sort()).toEqual(sorted);
  }
  const rows = await cluster.query<{ id: string }>("select id from message where id = any($1) order by id", [sorted]);
  expect(rows.map(({ id }) => id).sort()).toEqual(sorted);
  const content = "body::json ->> 'content'";
  const twice = `select ${content} from message where sequence is not null group by ${content} having count(*) > 1`;
  expect(await cluster.query(twice)).toEqual([]);
  for (const member of cluster.members) expect((await idsOn(member, wanted)).sort()).toEqual(sorted);
  // The own worlds of the members; a simulated message may come between two of these reads.
  const countOn = async (member: Member) =>
    ((await (await member.fetch(`/api/discussions/${room}`)).json()) as Discussion).messageCount;
  await expect.poll(async () => new Set(await Promise.all(cluster.members.map(countOn))).size).toBe(1);
}

/** 0 lost, duplicated, reordered; whether this machine was fast enough is no question here. */
function expectWhole({ deliveries, clients, server, target }: Summary, count: number): void {
  expect(target.oracle).toBe("regenerated");
  const { expected, received, conflated, ...faults } = deliveries;
  expect({ ...faults, conflated }).toEqual({ ...noFaults, missed: 0 });
  expect(received).toBe(expected);
  expect(received).toBeGreaterThan(count * 10);
  expect(clients).toMatchObject({ connected: count, dropped: 0, refused: 0 });
  expect(server.errors).toEqual([]);
}

/** From this instant of the wall clock until a member logs that it leads. */
function takeoverAfter(fromMs: number, { members }: Cluster): number | undefined {
  const leads = members.flatMap(({ log }) => log).filter(({ msg, time }) => msg.endsWith(" leads") && time >= fromMs);
  return leads.length === 0 ? undefined : Math.min(...leads.map(({ time }) => time)) - fromMs;
}

/** What the members have logged since then, for whoever looks for the cause of a failure. */
function describeLogs({ members }: Cluster, sinceMs: number): string {
  const lines = members.flatMap(({ log }, at) => log.map((line) => ({ ...line, member: at })));
  return lines
    .filter(({ time }) => time >= sinceMs)
    .sort((one, other) => one.time - other.time)
    .map(({ time, member, msg, epoch = "" }) => `${time - sinceMs} ms: member ${member}: ${msg} ${epoch}`)
    .join("\n");
}

/** Lets a fault strike amid load on all members whose subscribers must not notice, and expects that they have not. */
export async function survive(cluster: Cluster, fault: Fault, load: Load): Promise<FaultOutcome> {
  const startMs = Date.now();
  try {
    return await judge(cluster, fault, load);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${fault.name}, seed ${load.seed}: ${why}\n${describeLogs(cluster, startMs)}`, { cause });
  }
}

async function judge(cluster: Cluster, fault: Fault, load: Load): Promise<FaultOutcome> {
  const { members } = cluster;
  const { seed, clients = 600, marginsMs: [beforeMs, afterMs] = [2000, 4000] } = load;
  const leader = await cluster.leader();
  const judged = members.filter((member) => fault.spares === "all" || member !== leader);
  const clientsEach = Math.ceil(clients / judged.length);
  const folder = await mkdtemp(join(tmpdir(), "max-survivors-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const strikeMs = beforeMs + randomOfText(seed)() * jitterMs;
  const plan = planOf(clientsEach, Math.ceil(strikeMs) + fault.lastsMs + afterMs);
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  const streams = await Promise.all(judged.map(listen));
  const over = new AbortController();
  let measuring = 0;
  let begin = (): void => {};
  const isMeasuring = new Promise<void>((resolve) => void (begin = resolve));
  const loads = Promise.all(
    judged.map((member) => loadMember(member, folder, () => void (++measuring === judged.length && begin()))),
  );
  await Promise.race([isMeasuring, loads]);
  const poster = new Poster(members, `${fault.name}, seed ${seed}:`);
  const posting = poster.post(over.signal);
  await sleep(strikeMs);
  const faultMs = Date.now();
  const mended = fault.strike(cluster, leader);
  const summaries = await loads;
  over.abort();
  await Promise.all([mended, posting]);
  await Promise.all(members.map(untilReady));
  for (const summary of summaries) expectWhole(summary, clientsEach);
  expect(poster.unexpected).toEqual([]);
  await expectOnce(cluster, poster.ids, streams);
  const slips = Math.max(...summaries.map(({ server }) => server.slips));
  return {
    received: summaries.reduce((sum, { deliveries }) => sum + deliveries.received, 0),
    takeoverMs: takeoverAfter(faultMs, cluster),
    latestMs: Math.max(...summaries.map(({ latencyMs }) => latencyMs.max ?? Number.NaN)),
    slips,
    posts: { acknowledged: poster.ids.length, refused: poster.refused, abandoned: poster.abandoned },
  };
}
