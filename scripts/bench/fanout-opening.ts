/**
 * How long connections take to open, and what each of them holds.
 *
 * They are opened in slices, a few at one server, then at the next: a machine that slows down does so for all of
 * them, where minutes between two servers would show the machine instead.
 */
import { median } from "../realism/statistics.js";
import { type ServerKind, serverKinds } from "./fanout-messages.js";
import type { FanoutPair } from "./fanout-pair.js";

interface Opened {
  readonly ms: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** All servers of one set, each with this many subscribers. */
export interface Opening {
  readonly subscribers: number;
  readonly servers: Record<ServerKind, Opened>;
}

const settleMs = 500;

/** Connects this many subscribers to each server. */
export async function openInTurn(pairs: readonly FanoutPair[], subscribers: number, slices: number): Promise<Opening> {
  const before = new Map(await Promise.all(pairs.map(async (pair) => [pair, await pair.memory()] as const)));
  const ms = new Map(pairs.map((pair) => [pair, 0]));
  for (let slice = 0; slice < slices; slice++) {
    const count = Math.floor((subscribers * (slice + 1)) / slices) - Math.floor((subscribers * slice) / slices);
    for (const pair of slice % 2 === 0 ? pairs : pairs.toReversed()) {
      ms.set(pair, (ms.get(pair) ?? 0) + (await pair.open(count)));
    }
  }
  await new Promise((resolve) => void setTimeout(resolve, Math.min(settleMs, subscribers)));
  const servers = pairs.map(async (pair): Promise<[ServerKind, Opened]> => {
    const { rssBytes = 0, heapBytes = 0 } = before.get(pair) ?? {};
    const after = await pair.memory();
    const residentBytes = (after.rssBytes - rssBytes) / subscribers;
    return [
      pair.kind,
      { ms: ms.get(pair) ?? 0, residentBytes, heapBytes: (after.heapBytes - heapBytes) / subscribers },
    ];
  });
  return { subscribers, servers: Object.fromEntries(await Promise.all(servers)) as Record<ServerKind, Opened> };
}

/** Medians over the sets; what is compared was opened in turn. */
export function formatOpenings(openings: readonly Opening[]): string[] {
  const counts = [...new Set(openings.map(({ subscribers }) => subscribers))];
  return serverKinds.map((kind) => {
    const each = (digits: number, figure: (servers: Opening["servers"]) => number): string =>
      counts
        .map((count) => openings.filter(({ subscribers }) => subscribers === count))
        .map((sets) => median(sets.map(({ servers }) => figure(servers))).toFixed(digits))
        .join(", ");
    return [
      `${kind.padEnd(6)} opened in ${each(0, (servers) => servers[kind].ms)} ms`,
      `${each(2, (servers) => servers[kind].ms / servers.stock.ms)} of stock`,
      `a connection ${each(1, (servers) => servers[kind].residentBytes / 1024)} KiB resident`,
      `${each(1, (servers) => servers[kind].heapBytes / 1024)} KiB of it heap and buffers`,
    ].join("; ");
  });
}
