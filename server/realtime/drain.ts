/**
 * Lets all connections go within a budget, a few at a time, so that those who come back do not come all
 * at once.
 *
 * Engine connections are closed, not Socket.IO sockets: "io server disconnect" would tell stock clients
 * never to come back, a transport close makes them reconnect.
 *
 * Invariant: the clock decides, not a count of pauses. What a slice takes longer, the later ones have less.
 */
import type { EngineConnection } from "./internals.js";
import { monotonicMs, setTimeout } from "../core/timers.js";

export interface Drain {
  /** Those still connected. */
  readonly connections: () => readonly EngineConnection[];
  readonly budgetMs: number;
  /** Between 0 and 1, as Math.random. */
  readonly random: () => number;
  /** Milliseconds on a clock that never runs backwards. @default performance.now */
  readonly nowMs?: () => number;
  /** Resolves so many milliseconds later. @default a timer */
  readonly pause?: (ms: number) => Promise<void>;
}

const sliceMs = 50;
/** The last part of the budget is for those who did not answer. */
const spareShare = 0.2;
const answerPauseMs = 10;
const webSocketClosed = 3;

export async function drainConnections(drain: Drain): Promise<void> {
  const { connections, budgetMs, random, nowMs = monotonicMs, pause = delay } = drain;
  const startedMs = nowMs();
  const lastSliceMs = startedMs + budgetMs * (1 - spareShare);
  const waiting = shuffled(connections(), random);
  const webSockets = waiting.flatMap(({ transport }) => transport.socket ?? []);
  while (waiting.length > 0) {
    const slices = Math.max(1, Math.floor((lastSliceMs - nowMs()) / sliceMs));
    const count = slices === 1 ? waiting.length : Math.ceil((waiting.length / slices) * (0.5 + random()));
    const nextMs = nowMs() + sliceMs;
    for (const conn of waiting.splice(0, count)) release(conn);
    if (waiting.length > 0) await pause(Math.max(0, nextMs - nowMs()));
  }
  const isLeft = () => connections().length > 0 || webSockets.some(({ readyState }) => readyState !== webSocketClosed);
  while (nowMs() < startedMs + budgetMs && isLeft()) await pause(answerPauseMs);
  for (const conn of connections()) conn.close(true);
  // Those who did not answer the closing handshake would hold a socket for longer than the budget.
  for (const webSocket of webSockets) webSocket.terminate();
}

/** A polling client between two polls cannot be told: it is closed when the budget ends. */
function release(conn: EngineConnection): void {
  if (conn.transport.name !== "polling" || conn.transport.writable) conn.close();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
