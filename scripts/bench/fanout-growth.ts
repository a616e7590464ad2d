/**
 * What a delivery costs by the number of subscribers.
 *
 * Servers of one kind, each with its own number of subscribers, take turns. Each is warm again before it is
 * measured, since servers that take turns drive each other out of the processor's caches. How much of the growth
 * is the kernel's, plain ws shows.
 */
import { median } from "../realism/statistics.js";
import type { ServerKind } from "./fanout-messages.js";
import { FanoutPair, type Span } from "./fanout-pair.js";

export interface Growth extends Span {
  readonly subscribers: readonly number[];
  readonly eventsPerTick: number;
  readonly rounds: number;
  readonly warmupMs: number;
}

/** What a delivery costs in each round, in microseconds of processor time. */
interface Grown {
  readonly pair: FanoutPair;
  readonly costsUs: number[];
}

export async function measureGrowth(kind: ServerKind, growth: Growth): Promise<string> {
  const { subscribers, eventsPerTick, rounds, warmupMs } = growth;
  const servers: Grown[] = subscribers.map(() => ({ pair: new FanoutPair(kind), costsUs: [] }));
  try {
    for (const [at, { pair }] of servers.entries()) {
      await pair.start();
      await pair.open(subscribers[at]);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { pair, costsUs } of round % 2 === 0 ? servers : servers.toReversed()) {
        await pair.warm(eventsPerTick, warmupMs);
        costsUs.push((await pair.measure(eventsPerTick, growth)).cpuUsPerDelivery);
      }
    }
    return formatGrowth(kind, servers);
  } finally {
    await Promise.all(servers.map(({ pair }) => pair.stop()));
  }
}

/** Medians over the rounds; the difference is one within a round. */
function formatGrowth(kind: ServerKind, servers: readonly Grown[]): string {
  const costs = servers.map(({ costsUs }) => median(costsUs).toFixed(2)).join(", ");
  const differences = servers[0].costsUs.map((_, round) => {
    const ofRound = servers.map(({ costsUs }) => costsUs[round]);
    return (Math.max(...ofRound) / Math.min(...ofRound) - 1) * 100;
  });
  return `${kind.padEnd(6)} a delivery ${costs} µs, a difference of ${median(differences).toFixed(0)} %`;
}
