/**
 * Lets all connections go within a budget, a few at a time, so that those who come back do not come all
 * at once.
 *
 * Engine connections are closed, not Socket.IO sockets: "io server disconnect" would tell stock clients
 * never to come back, a transport close makes them reconnect.
 */
import type { EngineConnection } from "./internals.js";

export interface Drain {
  /** Those still connected. */
  readonly connections: () => readonly EngineConnection[];
  readonly budgetMs: number;
  /** Between 0 and 1, as Math.random. */
  readonly random: () => number;
}

const sliceMs = 50;
/** The last part of the budget is for those who did not answer. */
const spareShare = 0.2;

export async function drainConnections({ connections, budgetMs, random }: Drain): Promise<void> {
  const waiting = shuffled(connections(), random);
  const webSockets = waiting.map(({ transport }) => transport.socket);
  const slices = Math.floor((budgetMs * (1 - spareShare)) / sliceMs);
  for (let slice = 0; slice < slices && waiting.length > 0; slice++) {
    const fairShare = waiting.length / (slices - slice);
    const count = Math.ceil(fairShare * (0.5 + random()));
    for (const conn of waiting.splice(0, count)) letGo(conn);
    await delay(sliceMs);
  }
  for (const conn of waiting) letGo(conn);
  const deadlineMs = performance.now() + budgetMs * spareShare;
  while (connections().length > 0 && performance.now() < deadlineMs) await delay(sliceMs / 5);
  for (const conn of connections()) conn.close(true);
  // Those who did not answer the closing handshake hold a socket for longer than the budget.
  for (const webSocket of webSockets) webSocket?.terminate();
}

/** A polling client between two polls cannot be told: it is closed when the budget ends. */
function letGo(conn: EngineConnection): void {
  if (conn.transport.name !== "polling" || conn.transport.writable) conn.close();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}
