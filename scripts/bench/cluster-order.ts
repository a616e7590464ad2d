/**
 * Do subscribers of two processes see one order of what application code of both broadcasts at the same time? Ours
 * against Socket.IO's own adapters for Redis.
 */
import { createHash } from "node:crypto";
import { io } from "socket.io-client";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchProcess } from "./bench-process.js";
import { startClusterEngines } from "./cluster-engines.js";
import { type OrderKind, markerId } from "./cluster-order-server.js";
import { type BenchResult, type BenchSize, cell } from "./report.js";

const kinds: readonly OrderKind[] = ["max", "redis-adapter", "redis-streams-adapter"];
const sizes = { tiny: { count: 200, perSecond: 1000 }, full: { count: 5000, perSecond: 1000 } } as const;
const processes = 2;
/** Until nothing more comes, though not all has come. */
const silentMsMax = 5000;
const readyMsMax = 30_000;
/** Until the adapters have found each other: they have no sign for it. */
const settleMs = 1000;

interface Received {
  readonly values: number[];
  close(): void;
}

async function subscribe(url: string): Promise<Received> {
  const values: number[] = [];
  const socket = io(url, { transports: ["websocket"], forceNew: true });
  socket.on("market:update", ({ sectorId, value }: { sectorId?: string; value: number }) => {
    if (sectorId === markerId) values.push(value);
  });
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  return { values, close: () => void socket.close() };
}

async function untilReady(url: string): Promise<void> {
  for (let ms = 0; ms < readyMsMax; ms += 50) {
    if ((await fetch(`${url}/readyz`)).status === 200) return;
    await sleep(50);
  }
  throw new Error(`${url} is not ready within ${readyMsMax / 1000} s`);
}

/** Waits until each has as many, or until nothing more comes. */
async function untilReceived(subscribers: readonly Received[], count: number): Promise<void> {
  let total = -1;
  let silentMs = 0;
  while (subscribers.some(({ values }) => values.length < count) && silentMs < silentMsMax) {
    await sleep(50);
    const now = subscribers.reduce((sum, { values }) => sum + values.length, 0);
    silentMs = now === total ? silentMs + 50 : 0;
    total = now;
  }
}

/** Neighbours of one that the other has in another order. */
function countSwapped(one: readonly number[], other: readonly number[]): number {
  const places = new Map(other.map((value, place) => [value, place]));
  let swapped = 0;
  for (let at = 1; at < one.length; at++) {
    const [before, after] = [places.get(one[at - 1]!), places.get(one[at]!)];
    if (before !== undefined && after !== undefined && after < before) swapped += 1;
  }
  return swapped;
}

async function measure(kind: OrderKind, redisUrl: string, store: string, size: BenchSize) {
  const { count, perSecond } = sizes[size];
  const servers = Array.from(
    { length: processes },
    (_, at) => new BenchProcess<typeof import("./cluster-order-server.js").handlers>("cluster-order-server", at % 2),
  );
  try {
    const options = { kind, redisUrl, store, key: `order-${kind}` };
    const urls = await Promise.all(servers.map((server) => server.call("start", options)));
    if (kind === "max") await Promise.all(urls.map(untilReady));
    const subscribers = await Promise.all(urls.map(subscribe));
    await sleep(settleMs);
    await Promise.all(servers.map((server, at) => server.call("broadcast", { from: at * count, count, perSecond })));
    await untilReceived(subscribers, processes * count);
    for (const subscriber of subscribers) subscriber.close();
    const [one, other] = subscribers.map(({ values }) => values) as [number[], number[]];
    return { kind, one, other, swapped: countSwapped(one, other) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

export async function run(size: BenchSize): Promise<BenchResult> {
  await using engines = await startClusterEngines();
  const total = processes * sizes[size].count;
  const lines = [`                       received by a subscriber of each    swapped neighbours`];
  const checked: unknown[] = [];
  for (const kind of kinds) {
    const { one, other, swapped } = await measure(kind, engines.redisUrl, await engines.createStore(), size);
    const received = `${one.length} and ${other.length} of ${total}`;
    lines.push(`${kind.padEnd(22)} ${received.padEnd(32)} ${cell(swapped, 0, 9)}`);
    if (kind === "max")
      checked.push(
        swapped,
        [...one].sort((a, b) => a - b),
        [...other].sort((a, b) => a - b),
      );
  }
  return {
    name: `cluster-order: two processes broadcast ${sizes[size].count} events each at the same time`,
    lines,
    hash: createHash("sha256").update(JSON.stringify(checked)).digest("hex"),
  };
}
