/**
 * The REST benchmark: requests a second against a bare Koa and @koa/router server that answers the same bytes, and
 * against one that answers the same body without our headers; and what REST at half its maximum costs the fan-out.
 *
 * Servers take turns within one run, server on one core and load on the other; read the ratios. A page has at most 200
 * candles, so that is what is requested.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Simulation } from "../../schemas/index.js";
import { BenchProcess, describePinning } from "./bench-process.js";
import { latenciesMs, percentileOf } from "./receiver.js";
import { type BenchResult, type BenchSize, medianOf, takeTurns } from "./report.js";
import type { Load } from "./rest-load.js";
import type { BareAnswer } from "./api-server.js";

interface Plan {
  /** Rounds before those that count. */
  readonly warmups: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly connections: number;
  readonly subscribers: number;
  readonly pairs: number;
  readonly listenMs: number;
}

const plans: Record<BenchSize, Plan> = {
  tiny: { warmups: 0, rounds: 1, roundMs: 100, connections: 4, subscribers: 10, pairs: 1, listenMs: 400 },
  full: { warmups: 1, rounds: 7, roundMs: 2000, connections: 32, subscribers: 2000, pairs: 5, listenMs: 6000 },
};

const serverCore = 0;
const loadCore = 1;
const list = "/api/sectors";
const single = "/api/sectors/tech-001";
const candles = "/api/sectors/tech-001/candles?limit=200";

const startServer = () => new BenchProcess<typeof import("./api-server.js").handlers>("api-server", serverCore);
const startLoad = () => new BenchProcess<typeof import("./rest-load.js").handlers>("rest-load", loadCore);
const startReceiver = () => new BenchProcess<typeof import("./receiver.js").handlers>("receiver", loadCore);

type Server = ReturnType<typeof startServer>;
type LoadProcess = ReturnType<typeof startLoad>;
type Receiver = ReturnType<typeof startReceiver>;

/** One turn of a server. */
interface Turn extends Load {
  /** Processor time of the server: a usable figure on a shared machine, too. */
  readonly cpuUsPerRequest: number;
}

const turnNames = ["list", "same", "bodyOnly", "single", "page"] as const;
type TurnName = (typeof turnNames)[number];
type Round = Readonly<Record<TurnName, Turn>>;

interface Target {
  readonly server: Server;
  readonly url: string;
}

function requireAnswered(failures: number, url: string): void {
  if (failures > 0) throw new Error(`${failures} requests to ${url} failed`);
}

async function measureTurn(load: LoadProcess, { server, url }: Target, { connections, roundMs }: Plan): Promise<Turn> {
  const beforeUs = await server.call("cpuUs");
  const loaded = await load.call("load", { url, connections, durationMs: roundMs });
  requireAnswered(loaded.failures, url);
  return { ...loaded, cpuUsPerRequest: ((await server.call("cpuUs")) - beforeUs) / loaded.requests };
}

function format(label: string, rounds: readonly Round[], name: TurnName): string {
  const figure = (of: (turn: Turn) => number, digits: number): string =>
    medianOf(rounds, (round) => of(round[name])).toFixed(digits);
  const rate = figure((turn) => turn.requestsPerSecond, 0);
  const p50 = figure((turn) => turn.p50Ms, 1);
  const p99 = figure((turn) => turn.p99Ms, 1);
  return `${label}: ${rate} requests/s, p50 ${p50} ms, p99 ${p99} ms, ${figure((turn) => turn.cpuUsPerRequest, 0)} µs of processor each`;
}

function formatRatio(rounds: readonly Round[], peer: TurnName): string {
  const ratio = medianOf(rounds, (round) => round.list.requestsPerSecond / round[peer].requestsPerSecond);
  // The least disturbed round: after an interruption the caches are cold.
  const leastCpuUs = (name: TurnName) => Math.min(...rounds.map((round) => round[name].cpuUsPerRequest));
  return `ratio ${ratio.toFixed(2)}, by processor time ${(leastCpuUs(peer) / leastCpuUs("list")).toFixed(2)}`;
}

interface Answer {
  readonly body: string;
  /** All but the date. */
  readonly headers: Readonly<Record<string, string>>;
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  const { date: _date, ...headers } = Object.fromEntries(response.headers);
  return { body: await response.text(), headers };
}

/** What Koa and Node set by themselves. */
const standardHeaders = new Set(["connection", "content-length", "content-type", "keep-alive"]);

function onlyOurs(headers: Answer["headers"]): Answer["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !standardHeaders.has(name)));
}

/** Starts a bare server, and makes sure that it answers as it must. */
async function startBare(server: Server, answer: BareAnswer, headers?: Answer["headers"]): Promise<Target> {
  const url = `${await server.call("startBare", answer)}${answer.path}`;
  const answered = await get(url);
  const isSame =
    answered.body === answer.body && (headers === undefined || isDeepStrictEqual(answered.headers, headers));
  if (!isSame) throw new Error("the servers' bytes differ");
  return { server, url };
}

interface Throughput {
  readonly lines: readonly string[];
  readonly listPerSecond: number;
  readonly hash: string;
}

async function measureThroughput(load: LoadProcess, ours: Server, url: string, plan: Plan): Promise<Throughput> {
  const [same, bodyOnly] = [startServer(), startServer()];
  try {
    const answers = await Promise.all([list, single, candles].map((path) => get(`${url}${path}`)));
    const { body, headers } = answers[0]!;
    const targets: Readonly<Record<TurnName, Target>> = {
      list: { server: ours, url: `${url}${list}` },
      same: await startBare(same, { path: list, body, headers: onlyOurs(headers) }, headers),
      bodyOnly: await startBare(bodyOnly, { path: list, body, headers: {} }),
      single: { server: ours, url: `${url}${single}` },
      page: { server: ours, url: `${url}${candles}` },
    };
    const rounds = await takeTurns(turnNames, plan, (name) => measureTurn(load, targets[name], plan));
    const bodies = answers.map((answer) => answer.body);
    return {
      lines: [
        format(`GET ${list}`, rounds, "list"),
        format("bare Koa and @koa/router, the same bytes", rounds, "same"),
        formatRatio(rounds, "same"),
        format("bare Koa and @koa/router, the same body without our headers", rounds, "bodyOnly"),
        formatRatio(rounds, "bodyOnly"),
        format(`GET ${single}`, rounds, "single"),
        format(`GET ${candles} (the longest page, ${Buffer.byteLength(bodies[2]!)} bytes)`, rounds, "page"),
      ],
      listPerSecond: medianOf(rounds, (round) => round.list.requestsPerSecond),
      hash: createHash("sha256").update(bodies.join("\n")).digest("hex"),
    };
  } finally {
    await Promise.all([same.stop(), bodyOnly.stop()]);
  }
}

interface Heard {
  readonly p99Ms: number;
  readonly samples: number;
}

/** Latency from a tick's intended instant to the arrival at each subscriber. */
async function listenToTicks(receiver: Receiver, url: string, durationMs: number): Promise<Heard> {
  await receiver.call("clearArrivals");
  await wait(durationMs);
  const arrivals = await receiver.call("arrivals");
  const simulation = (await (await fetch(`${url}/api/simulation`)).json()) as Simulation;
  const latencies = latenciesMs(arrivals, simulation);
  return { p99Ms: percentileOf(latencies, 99), samples: latencies.length };
}

async function measureFanout(load: LoadProcess, receiver: Receiver, url: string, plan: Plan, rate: number) {
  const port = Number(new URL(url).port);
  const { subscribers, connections, listenMs } = plan;
  await receiver.call("open", { port, isSocketIo: true, subscribers, recorded: "index updates" });
  const paced = { url: `${url}${list}`, connections, durationMs: listenMs, rate };
  const turns = { rounds: plan.pairs, warmups: plan.warmups };
  const rounds = await takeTurns(["alone", "again", "together"], turns, async (name) => {
    const pacing = name === "together" ? load.call("pace", paced) : 0;
    const [heard, failures] = await Promise.all([listenToTicks(receiver, url, listenMs), pacing]);
    requireAnswered(failures, paced.url);
    return heard;
  });
  const p99Ms = (of: (round: (typeof rounds)[number]) => number): string => medianOf(rounds, of).toFixed(1);
  const samples = Math.min(...rounds.flatMap((round) => Object.values(round).map((heard) => heard.samples)));
  return [
    `fan-out to ${subscribers} subscribers, p99 alone ${p99Ms(({ again }) => again.p99Ms)} ms, with REST at ${rate.toFixed(0)} requests/s ${p99Ms(({ together }) => together.p99Ms)} ms: ${p99Ms(({ together, again }) => together.p99Ms - again.p99Ms)} ms more`,
    `${plan.pairs} interleaved pairs, at least ${samples} samples each; alone after alone ${p99Ms(({ again, alone }) => again.p99Ms - alone.p99Ms)} ms more`,
  ];
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const plan = plans[size];
  const [load, receiver, ours] = [startLoad(), startReceiver(), startServer()];
  try {
    const { url } = await ours.call("startMax", { port: 0, seed: "42" });
    await ours.call("pause");
    const { lines, listPerSecond, hash } = await measureThroughput(load, ours, url, plan);
    await ours.call("play");
    const fanout = await measureFanout(load, receiver, url, plan, Math.max(1, Math.floor(listPerSecond / 2)));
    const pinned = describePinning("server", "load");
    return {
      name: "REST: requests a second from one core, and what they cost the fan-out",
      lines: [`${plan.rounds} rounds, medians; ${plan.connections} connections; ${pinned}`, ...lines, ...fanout],
      hash,
    };
  } finally {
    await Promise.all([load.stop(), receiver.stop(), ours.stop()]);
  }
}
