/**
 * The flood benchmark: what handshakes that never join, from many addresses, cost ordinary subscribers.
 *
 * Each round measures without a flood, under polling handshakes and under WebSocket handshakes, on one server. Server on
 * one core, subscribers on another; the flood has a third where there is one, and else shares the subscribers' at the
 * lowest priority.
 */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Simulation } from "../../schemas/index.js";
import { BenchProcess, describePinning } from "./bench-process.js";
import { type FloodKind, type Flooded, floodKinds } from "./flood-clients.js";
import { latenciesMs, percentileOf } from "./receiver.js";
import { type BenchResult, type BenchSize, medianOf, takeTurns } from "./report.js";

interface Plan {
  readonly rounds: number;
  readonly listenMs: number;
  readonly subscribers: number;
  readonly sockets: number;
  readonly addresses: number;
  /** Sessions that the server takes from an address: a flood exceeds it within the time on any machine. */
  readonly connectionsPerPeerMax: number;
  /** After a flood, for the sessions that it has left to end, and to stop counting. */
  readonly restMs: number;
}

const plans: Record<BenchSize, Plan> = {
  tiny: {
    rounds: 1,
    listenMs: 1_200,
    subscribers: 5,
    sockets: 20,
    addresses: 2,
    connectionsPerPeerMax: 6,
    restMs: 0,
  },
  full: {
    rounds: 5,
    listenMs: 10_000,
    subscribers: 100,
    sockets: 1_000,
    addresses: 200,
    connectionsPerPeerMax: 200,
    restMs: 22_000,
  },
};

const serverCore = 0;
const subscriberCore = 1;
const floodCore = availableParallelism() > 2 ? 2 : subscriberCore;

const startServer = () => new BenchProcess<typeof import("./api-server.js").handlers>("api-server", serverCore);
const startReceiver = () => new BenchProcess<typeof import("./receiver.js").handlers>("receiver", subscriberCore);
const startFlood = () => new BenchProcess<typeof import("./flood-clients.js").handlers>("flood-clients", floodCore);

interface Turn extends Flooded {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly samples: number;
}

type TurnName = "alone" | "again" | FloodKind;
type Round = Readonly<Record<TurnName, Turn>>;

function format(rounds: readonly Round[], name: FloodKind): string {
  const figure = (of: (round: Round) => number): string => medianOf(rounds, of).toFixed(1);
  const added = figure((round) => round[name].p99Ms - round.alone.p99Ms);
  const control = figure((round) => round.alone.p99Ms);
  const p99 = figure((round) => round[name].p99Ms);
  const handshakes = `${medianOf(rounds, (round) => round[name].accepted)} handshakes taken, ${medianOf(rounds, (round) => round[name].refused)} refused`;
  return `${name} flood: p99 ${control} ms alone, ${p99} ms under it: ${added} ms more; ${handshakes}`;
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const plan = plans[size];
  const { sockets, addresses, subscribers, listenMs } = plan;
  const [server, receiver, flood] = [startServer(), startReceiver(), startFlood()];
  try {
    // An explicit limit holds for loopback addresses, too.
    const { url } = await server.call("startMax", {
      port: 0,
      seed: "42",
      tickMs: 100,
      limits: { connectionsPerPeerMax: plan.connectionsPerPeerMax },
    });
    const port = Number(new URL(url).port);
    await receiver.call("open", { port, isSocketIo: true, subscribers, recorded: "index updates" });
    const rounds = await takeTurns(["alone", "again", ...floodKinds] as const, plan, async (name): Promise<Turn> => {
      const isFlood = name !== "alone" && name !== "again";
      if (isFlood) await flood.call("start", { port, kind: name, sockets, addresses });
      await receiver.call("clearArrivals");
      await wait(listenMs);
      const arrivals = await receiver.call("arrivals");
      const flooded = isFlood ? await flood.call("stop") : { accepted: 0, refused: 0 };
      const latencies = latenciesMs(arrivals, (await (await fetch(`${url}/api/simulation`)).json()) as Simulation);
      if (isFlood) await wait(plan.restMs);
      return {
        ...flooded,
        p50Ms: percentileOf(latencies, 50),
        p99Ms: percentileOf(latencies, 99),
        maxMs: latencies.at(-1) ?? 0,
        samples: latencies.length,
      };
    });
    const noise = medianOf(rounds, ({ alone, again }) => again.p99Ms - alone.p99Ms).toFixed(1);
    return {
      name: "flood: what handshakes that never join cost ordinary subscribers",
      lines: [
        `${plan.rounds} rounds, medians; ${sockets} connections from ${addresses} addresses, ${subscribers} subscribers; ${describePinning("server", "subscribers")}`,
        ...floodKinds.map((kind) => format(rounds, kind)),
        `alone after alone: ${noise} ms more`,
      ],
      hash: createHash("sha256").update(JSON.stringify(plan)).digest("hex"),
    };
  } finally {
    await Promise.all([server.stop(), receiver.stop(), flood.stop()]);
  }
}
