/**
 * The REST benchmark: requests a second against a bare Koa and @koa/router server that answers the same
 * bytes, and what REST at half its maximum costs the fan-out.
 *
 * Servers take turns within one run, server on one core and load on the other; read the ratios. A page has at
 * most 200 candles, so that is what is asked for.
 */
import { createHash } from "node:crypto";
import type { BenchResult } from "./bench.js";
import { BenchProcess, canPin } from "./fanout-process.js";
import type {
  ListenerCommand,
  ListenerReport,
  LoadCommand,
  LoadReport,
  RestServerCommand,
  RestServerReport,
} from "./rest-messages.js";

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
  full: { warmups: 1, rounds: 7, roundMs: 2000, connections: 32, subscribers: 2000, pairs: 5, listenMs: 4000 },
};

const serverCore = 0;
const loadCore = 1;
const list = "/api/sectors";
const single = "/api/sectors/tech-001";
const candles = "/api/sectors/tech-001/candles?limit=200";

type Server = BenchProcess<RestServerCommand, RestServerReport>;
type Load = BenchProcess<LoadCommand, LoadReport>;
type Listener = BenchProcess<ListenerCommand, ListenerReport>;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

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
  const bare: Server = new BenchProcess("rest-server", serverCore, ["bare"]);
  try {
    const bodies = await Promise.all(
      [list, single, candles].map(async (path) => (await fetch(`${url}${path}`)).text()),
    );
    const peer = await bare.ask({ answer: { path: list, body: bodies[0] } }, "ready");
    if ((await (await fetch(`${peer.url}${list}`)).text()) !== bodies[0]) throw new Error("the servers' bytes differ");
    const turns: Record<"ours" | "theirs" | "single" | "page", Turn[]> = { ours: [], theirs: [], single: [], page: [] };
    for (let round = -plan.warmups; round < plan.rounds; round++) {
      const mine = await takeTurn(load, ours, `${url}${list}`, plan);
      const theirs = await takeTurn(load, bare, `${peer.url}${list}`, plan);
      const one = await takeTurn(load, ours, `${url}${single}`, plan);
      const page = await takeTurn(load, ours, `${url}${candles}`, plan);
      if (round < 0) continue;
      turns.ours.push(mine);
      turns.theirs.push(theirs);
      turns.single.push(one);
      turns.page.push(page);
    }
    const ratio = median(turns.ours.map((turn, at) => turn.requestsPerSecond / turns.theirs[at].requestsPerSecond));
    const cpuRatio = leastCpu(turns.theirs) / leastCpu(turns.ours);
    return {
      lines: [
        format(`GET ${list}`, turns.ours),
        format("bare Koa and @koa/router, the same bytes", turns.theirs),
        `ratio ${ratio.toFixed(2)}, by processor time ${cpuRatio.toFixed(2)}`,
        format(`GET ${single}`, turns.single),
        format(`GET ${candles} (the longest page, ${Buffer.byteLength(bodies[2])} bytes)`, turns.page),
      ],
      listPerSecond: median(turns.ours.map((turn) => turn.requestsPerSecond)),
      hash: createHash("sha256").update(bodies.join("\n")).digest("hex"),
    };
  } finally {
    await bare.stop();
  }
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
