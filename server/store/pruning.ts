/** Decides when old history goes: hourly by simulated time, and in a room that has grown much. */
import { type OptionTable, numberFrom, wholeFrom } from "../../schemas/option-table.js";
import type { PruneWrite, TickMessage } from "./writes.js";

export interface Retention {
  /** Days of 1m candles that are kept, simulated time. Zero keeps them all. @default 30 */
  readonly minuteCandleDays: number;
  /** Simulated messages that are kept in a room. What people posted stays for ever. Zero keeps them all. @default 100_000 */
  readonly simulatedMessagesMax: number;
}

export const defaultRetention: Retention = { minuteCandleDays: 30, simulatedMessagesMax: 100_000 };

export const retentionRules: OptionTable<Retention> = {
  // Ten thousand years: what is older has no date.
  minuteCandleDays: numberFrom(0, 3_652_500, " days"),
  simulatedMessagesMax: wholeFrom(0),
};

const dayMs = 86_400_000;
const everyMs = 3_600_000;
/** Before every instant that a date can have. */
const beforeAllMs = -8_640_000_000_000_000;
/** Share of the kept messages that a room may grow by before it is pruned. */
const growth = 0.01;

type Prune = Omit<PruneWrite, "repliesBeforeMs">;

export interface Pruning {
  /** What to prune after a batch, mostly nothing. */
  after(atMs: number, messages: readonly TickMessage[]): Prune | null;
}

export function createPruning({ minuteCandleDays, simulatedMessagesMax }: Retention): Pruning {
  const grown = new Map<string, number>();
  const growthMax = simulatedMessagesMax > 0 ? Math.max(1, Math.floor(simulatedMessagesMax * growth)) : Infinity;
  let nextMs: number | undefined;

  return {
    after(atMs, messages) {
      const roomIds = new Set<string>();
      for (const { message } of messages) {
        const count = (grown.get(message.discussionId) ?? 0) + 1;
        grown.set(message.discussionId, count);
        if (count >= growthMax) roomIds.add(message.discussionId);
      }
      // Time can also have gone back: a seek.
      const isDue = nextMs !== undefined && (atMs >= nextMs || atMs < nextMs - 2 * everyMs);
      if (nextMs === undefined || isDue) nextMs = atMs + everyMs;
      if (!isDue && roomIds.size === 0) return null;
      for (const roomId of roomIds) grown.delete(roomId);
      return {
        kind: "prune",
        candlesBeforeMs: minuteCandleDays > 0 ? atMs - Math.round(minuteCandleDays * dayMs) : beforeAllMs,
        roomIds: [...roomIds],
        simulatedMessagesMax,
      };
    },
  };
}
