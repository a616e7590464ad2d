/**
 * Latency without the load test: a subscription with plain ws, its own parsing and its own clock reading, and
 * percentiles from the list of all latencies.
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Simulation } from "../../schemas/index.js";

/** An event: the timestamp of its tick, and when it came on the host's monotonic clock, nanoseconds as text. */
export type Arrival = readonly [timestamp: string, atNs: string];

/** Subscribes until `close`, and appends what arrives. The market updates of a tick lead it and carry its timestamp. */
export async function subscribe(url: string, arrivals: Arrival[]): Promise<{ close(): void }> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`);
  let timestamp = "";
  socket.on("message", (data: Buffer) => {
    const atNs = process.hrtime.bigint();
    const text = data.toString();
    if (text.startsWith("0")) socket.send("40");
    else if (text === "2") socket.send("3");
    if (!text.startsWith("42")) return;
    const [event, payload] = JSON.parse(text.slice(2)) as [string, { readonly timestamp: string }];
    if (event === "market:update") ({ timestamp } = payload);
    arrivals.push([timestamp, String(atNs)]);
  });
  await once(socket, "message");
  return { close: () => socket.terminate() };
}

/** From the intended instants of these ticks, smallest first, milliseconds. */
export function latenciesMs(
  arrivals: readonly Arrival[],
  { start, tickMs, anchors }: Pick<Simulation, "start" | "tickMs" | "anchors">,
  ticks: { readonly first: number; readonly last: number },
): number[] {
  const latencies = arrivals.flatMap(([timestamp, atNs]) => {
    const tick = (Date.parse(timestamp) - Date.parse(start)) / tickMs;
    const anchor = anchors.findLast(({ fromTick }) => fromTick < tick);
    if (anchor === undefined || !(tick >= ticks.first && tick <= ticks.last)) return [];
    const intendedNs = BigInt(anchor.monotonicNs) + BigInt(Math.round((tick - anchor.fromTick) * anchor.intervalNs));
    return [Number(BigInt(atNs) - intendedNs) / 1e6];
  });
  return latencies.toSorted((a, b) => a - b);
}

/** The smallest value that so many percent do not exceed, as HdrHistogram has it. */
export function percentileOf(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}
