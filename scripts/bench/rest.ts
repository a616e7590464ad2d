/**
 * The REST benchmark: requests a second against a bare Koa and @koa/router server that answers the same bytes, and
 * against one that answers the same body without our headers; and what REST at half its maximum costs the fan-out.
 *
 * Servers take turns within one run, server on one core and load on the other; read the ratios. A page has at
 * most 200 candles, so that is what is asked for.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { BenchResult } from "./bench.js";
import { BenchProcess, canPin } from "./bench-process.js";
import type {
  BareAnswer,
  ListenerCommand,
  ListenerReport,
  LoadCommand,
  LoadReport,
  RestServerCommand,
  RestServerReport,
} from "./rest-messages.js";
import { median } from "../realism/statistics.js";

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

const plans: Record<"tiny" | "full", Plan> = {
  tiny: { warmups: 0, rounds: 1, roundMs: 100, connections: 4, subscribers: 10, pairs: 1, listenMs: 400 },
  full: { warmups: 1, rounds: 7, roundMs: 2000, connections: 32, subscribers: 2000, pairs: 5, listenMs: 6000 },
};

const serverCore = 0;
const loadCore = 1;
const list = "/api/sectors";
const single = "/api/sectors/tech-001";
const candles = "/api/sectors/tech-001/candles?limit=200";

type Server = BenchProcess<RestServerCommand, RestServerReport>;
type Load = BenchProcess<LoadCommand, LoadReport>;
type Listener = BenchProcess<ListenerCommand, ListenerReport>;

/** One turn of a server. */
interface Turn {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server: what is left of the figure where others use the machine, too. */
  readonly cpuUsPerRequest: number;
}

function requireAnswered(failures: number, url: string): void {
  if (failures > 0) throw new Error(`${failures} requests to ${url} failed`);
}

async function takeTurn(load: Load, server: Server, url: string, { connections, roundMs }: Plan): Promise<Turn> {
  const before = await server.ask({ askCpu: true }, "cpu");
  const loaded = await load.ask({ load: { url, connections, durationMs: roundMs } }, "loaded");
  requireAnswered(loaded.failures, url);
  const after = await server.ask({ askCpu: true }, "cpu");
  return { ...loaded, cpuUsPerRequest: (after.us - before.us) / loaded.requests };
}

/** The round that others on the machine disturbed least: who is interrupted finds its caches cold, and pays again. */
function leastCpu(turns: readonly Turn[]): number {
  return Math.min(...turns.map((turn) => turn.cpuUsPerRequest));
}

function format(name: string, turns: readonly Turn[]): string {
  const figure = (of: (turn: Turn) => number, digits: number): string => median(turns.map(of)).toFixed(digits);
  const rate = figure((turn) => turn.requestsPerSecond, 0);
  const p50 = figure((turn) => turn.p50Ms, 1);
  const p99 = figure((turn) => turn.p99Ms, 1);
  return `${name}: ${rate} requests/s, p50 ${p50} ms, p99 ${p99} ms, ${figure((turn) => turn.cpuUsPerRequest, 0)} µs of processor each`;
}

interface Throughput {
  readonly lines: readonly string[];
  readonly listPerSecond: number;
  readonly hash: string;
}

async function measureThroughput(load: Load, ours: Server, url: string, plan: Plan): Promise<Throughput> {
  const same: Server = new BenchProcess("rest-server", serverCore, ["bare"]);
  const bodyOnly: Server = new BenchProcess("rest-server", serverCore, ["bare"]);
  try {
    const answers = await Promise.all([list, single, candles].map((path) => get(`${url}${path}`)));
    const bodies = answers.map(({ body }) => body);
    const [{ body, headers }] = answers;
    const sameUrl = await startBare(same, { path: list, body, headers: onlyOurs(headers) }, headers);
    const bodyOnlyUrl = await startBare(bodyOnly, { path: list, body, headers: {} });
    const takers: Readonly<Record<"list" | "same" | "bodyOnly" | "single" | "page", () => Promise<Turn>>> = {
      list: () => takeTurn(load, ours, `${url}${list}`, plan),
      same: () => takeTurn(load, same, `${sameUrl}${list}`, plan),
      bodyOnly: () => takeTurn(load, bodyOnly, `${bodyOnlyUrl}${list}`, plan),
      single: () => takeTurn(load, ours, `${url}${single}`, plan),
      page: () => takeTurn(load, ours, `${url}${candles}`, plan),
    };
    const turns: Record<keyof typeof takers, Turn[]> = { list: [], same: [], bodyOnly: [], single: [], page: [] };
    for (let round = -plan.warmups; round < plan.rounds; round++) {
      for (const [name, take] of Object.entries(takers) as [keyof typeof takers, () => Promise<Turn>][]) {
        const turn = await take();
        if (round >= 0) turns[name].push(turn);
      }
    }
    return {
      lines: [
        format(`GET ${list}`, turns.list),
        format("bare Koa and @koa/router, the same bytes", turns.same),
        `ratio ${formatRatio(turns.list, turns.same)}`,
        format("bare Koa and @koa/router, the same body without our headers", turns.bodyOnly),
        `ratio ${formatRatio(turns.list, turns.bodyOnly)}`,
        format(`GET ${single}`, turns.single),
        format(`GET ${candles} (the longest page, ${Buffer.byteLength(bodies[2])} bytes)`, turns.page),
      ],
      listPerSecond: median(turns.list.map((turn) => turn.requestsPerSecond)),
      hash: createHash("sha256").update(bodies.join("\n")).digest("hex"),
    };
  } finally {
    await Promise.all([same.stop(), bodyOnly.stop()]);
  }
}

interface Answer {
  readonly body: string;
  /** But for the date. */
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

/** Starts a bare server, and makes sure that it answers what it shall. */
async function startBare(server: Server, answer: BareAnswer, headers?: Answer["headers"]): Promise<string> {
  const { url } = await server.ask({ answer }, "ready");
  const answered = await get(`${url}${answer.path}`);
  const isSame =
    answered.body === answer.body && (headers === undefined || isDeepStrictEqual(answered.headers, headers));
  if (!isSame) throw new Error("the servers' bytes differ");
  return url;
}

function formatRatio(ours: readonly Turn[], theirs: readonly Turn[]): string {
  const ratio = median(ours.map((turn, at) => turn.requestsPerSecond / theirs[at].requestsPerSecond));
  return `${ratio.toFixed(2)}, by processor time ${(leastCpu(theirs) / leastCpu(ours)).toFixed(2)}`;
}

async function measureFanout(load: Load, listener: Listener, url: string, plan: Plan, rate: number): Promise<string[]> {
  await listener.ask({ open: { url, subscribers: plan.subscribers } }, "opened");
  const listen = { listen: { durationMs: plan.listenMs } };
  const paced = { url: `${url}${list}`, connections: plan.connections, durationMs: plan.listenMs, rate };
  const quiet: number[] = [];
  const busy: number[] = [];
  const control: number[] = [];
  let samples = Number.POSITIVE_INFINITY;
  for (let pair = -plan.warmups; pair < plan.pairs; pair++) {
    const alone = await listener.ask(listen, "heard");
    const again = await listener.ask(listen, "heard");
    const [together, { failures }] = await Promise.all([
      listener.ask(listen, "heard"),
      load.ask({ pace: paced }, "paced"),
    ]);
    requireAnswered(failures, paced.url);
    if (pair < 0) continue;
    quiet.push(again.p99Ms);
    busy.push(together.p99Ms);
    control.push(again.p99Ms - alone.p99Ms);
    samples = Math.min(samples, alone.samples, again.samples, together.samples);
  }
  const growthMs = median(busy.map((p99Ms, at) => p99Ms - quiet[at]));
  return [
    `fan-out to ${plan.subscribers} subscribers, p99 alone ${median(quiet).toFixed(1)} ms, with REST at ${rate.toFixed(0)} requests/s ${median(busy).toFixed(1)} ms: ${growthMs.toFixed(1)} ms more`,
    `${plan.pairs} interleaved pairs, at least ${samples} samples each; alone after alone ${median(control).toFixed(1)} ms more`,
  ];
}

export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  const plan = plans[size];
  const load: Load = new BenchProcess("rest-load", loadCore);
  const listener: Listener = new BenchProcess("rest-listener", loadCore);
  const ours: Server = new BenchProcess("rest-server", serverCore, ["ours"]);
  try {
    const { url } = await ours.ask(null, "ready");
    const { lines, listPerSecond, hash } = await measureThroughput(load, ours, url, plan);
    await ours.ask({ play: true }, "playing");
    const fanout = await measureFanout(load, listener, url, plan, Math.max(1, Math.floor(listPerSecond / 2)));
    const pinned = canPin ? "a core for the server, a core for the load" : "processes not pinned: read with care";
    return {
      name: "REST: requests a second from one core, and what they cost the fan-out",
      lines: [`${plan.rounds} rounds, medians; ${plan.connections} connections; ${pinned}`, ...lines, ...fanout],
      hash,
    };
  } finally {
    await Promise.all([load.stop(), listener.stop(), ours.stop()]);
  }
}
