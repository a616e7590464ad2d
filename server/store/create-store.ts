/**
 * The store as the server sees it: gathers what ticks yield, hands out serials, remembers the last
 * hour's second candles, and leaves everything else to the database side.
 */
import type { Command, TickBatch } from "../../simulator/index.js";
import type { Backend } from "./backend.js";
import { builtInterval } from "./built-interval.js";
import { pageCandles } from "./candle-pages.js";
import { decodeNumberCursor, encodeNumberCursor } from "./cursor.js";
import { Deadline } from "./deadline.js";
import { type Retention, createPruning } from "./pruning.js";
import { createSecondCandles } from "./second-candles.js";
import type { CommandRecord, Store, TimelineStart } from "./store.js";
import { StoreError } from "./store-error.js";
import type { TickCandle, TickMessage } from "./writes.js";
import { clearTimeout, setTimeout } from "../core/timers.js";

/** How long an idempotency key is kept. */
const replyKeptMs = 24 * 3_600_000;
/** Ticks of this long are handed over together. */
const gatherMs = 20;
/** Rows after which they are handed over at once: when the world runs far faster than the clock. */
const gatheredMax = 2000;
const silence = "The store does not answer.";
/** Serials that one write reserves. */
const serialBlock = 1000;
/** Candles of the backfill that are written together, so that a day of them never holds up a tick. */
const backfillSlice = 240;

/** The ticks' rows that have not been handed over yet. */
interface Gathered {
  lastTick: number | null;
  messages: TickMessage[];
  minuteCandles: TickCandle[];
  reordered?: CommandRecord;
}

function messagesOf(batch: TickBatch): TickMessage[] {
  const messages: TickMessage[] = [];
  for (const { event, payload } of batch.events) {
    if (event !== "discussion:new_message") continue;
    const { id, content, authorId, authorName, timestamp, type } = payload.message;
    const message = { discussionId: payload.discussionId, id, content, authorId, authorName, timestamp, type };
    messages.push({ tick: batch.tick, message });
  }
  return messages;
}

export interface StoreOptions {
  readonly backend: Backend;
  readonly retention: Retention;
  /** Milliseconds since the epoch. */
  readonly wallClockMs: () => number;
  /** Why the backend cannot write, or null. */
  readonly outage: () => string | null;
  readonly isReset: boolean;
  /** How long a request waits for the backend. */
  readonly waitMsMax: number;
}

export function createStore({ backend, retention, wallClockMs, outage, isReset, waitMsMax }: StoreOptions): Store {
  const seconds = createSecondCandles();
  const pruning = createPruning(retention);
  let gathered: Gathered = { lastTick: null, messages: [], minuteCandles: [] };
  let timer: NodeJS.Timeout | undefined;
  let serial = backend.reservedSerials;
  let reserved = backend.reservedSerials;
  /** What is there is another timeline's, until this one begins. */
  let isForgotten = isReset;
  /** Commits that were given up before they were over: whether they are kept is not known, and nobody may see it. */
  let abandoned = 0;

  function handOver(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered.lastTick === null) return;
    const { lastTick, ...rest } = gathered;
    gathered = { lastTick: null, messages: [], minuteCandles: [] };
    backend.write({ kind: "ticks", lastTick, ...rest });
  }

  function gather(batch: TickBatch, reordered?: CommandRecord): void {
    gathered.lastTick = batch.tick;
    if (reordered !== undefined) gathered.reordered = reordered;
    const messages = messagesOf(batch);
    if (messages.length > 0) gathered.messages.push(...messages);
    for (const candle of batch.closedCandles) {
      if (candle.interval === "1s") seconds.add(candle, batch.tick);
      else gathered.minuteCandles.push({ tick: batch.tick, candle });
    }
    if (gathered.messages.length + gathered.minuteCandles.length >= gatheredMax) handOver();
    else timer ??= setTimeout(handOver, gatherMs).unref();
    const prune = pruning.after(batch.atMs, messages);
    if (prune !== null) write({ ...prune, repliesBeforeMs: wallClockMs() - replyKeptMs });
  }

  /** Deletions must not overtake the ticks before them. */
  function write(write: Parameters<Backend["write"]>[0]): void {
    handOver();
    backend.write(write);
  }

  function read<Name extends Parameters<Backend["read"]>[0]>(
    ...args: Parameters<typeof backend.read<Name>>
  ): ReturnType<typeof backend.read<Name>> {
    if (abandoned > 0) return Promise.reject(new StoreError(silence));
    handOver();
    return new Deadline(waitMsMax).race(backend.read(...args));
  }

  /** Takes back what a late commit has kept, before anything else is written or read. */
  async function takeBack(record: CommandRecord, committing: Promise<unknown>): Promise<void> {
    abandoned += 1;
    try {
      await committing;
      backend.write({ kind: "undo", records: [record] });
    } catch {
      // It was rejected, and has kept nothing.
    } finally {
      abandoned -= 1;
    }
  }

  /** A resource is gone, and its deletion durable: what belonged to it goes, too, the ticks' rows of until now included. */
  function deleteDependents(command: Command | undefined): void {
    if (command?.type === "deleteSector") seconds.deleteSector(command.id);
    if (command?.type === "deleteSector" || command?.type === "deleteDiscussion")
      write({ kind: "dependents", of: command });
  }

  return {
    async loadResume() {
      if (isForgotten) return null;
      const resume = await backend.read("resume");
      // Whoever was killed right after a deletion has not come to it. Before a later command it was written.
      deleteDependents((await backend.read("lastCommand"))?.command);
      return resume;
    },

    begin(timeline: TimelineStart) {
      isForgotten = false;
      write({ kind: "begin", timeline });
    },

    moveStart(startMs, snapshot) {
      write({ kind: "moveStart", startMs, snapshot });
    },

    saveSnapshot(snapshot) {
      write({ kind: "snapshot", snapshot });
    },

    recordBatch: gather,

    deadline: () => new Deadline(waitMsMax),

    async commit(record, deadline = new Deadline(waitMsMax)) {
      if (abandoned > 0) throw new StoreError(silence);
      handOver();
      const committing = backend.commit({ kind: "command", record, keptAtMs: wallClockMs() });
      try {
        await deadline.race(committing);
      } catch (error) {
        if (deadline.isOver) void takeBack(record, committing);
        throw error;
      }
      deleteDependents(record.entry.command);
    },

    saveBackfill(candles) {
      for (const rows of candles.values()) {
        for (let from = 0; from < rows.length; from += backfillSlice) {
          const minuteCandles = rows.slice(from, from + backfillSlice).map((candle) => ({ tick: 0, candle }));
          write({ kind: "ticks", lastTick: null, messages: [], minuteCandles });
        }
      }
    },

    commands: (afterSequence, limit) => read("commands", afterSequence, limit),

    async messages(discussionId, { limit, cursor }) {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeNumberCursor(cursor);
      const rows = await read("messages", discussionId, before, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const hasMore = rows.length > limit;
      const nextCursor = hasMore && last !== undefined ? encodeNumberCursor(last.serial) : null;
      return { data: page.map((row) => row.message), nextCursor, hasMore };
    },

    async message(discussionId, messageId) {
      return (await read("message", discussionId, messageId)) ?? undefined;
    },

    async candles(query) {
      const isInSeconds = builtInterval(query.interval) === "1s";
      return await pageCandles(query, async (range) =>
        isInSeconds ? seconds.find(range) : await read("buckets", range),
      );
    },

    async response(key) {
      return (await read("response", key, wallClockMs() - replyKeptMs)) ?? undefined;
    },

    nextSerial() {
      if (serial === reserved) {
        reserved += serialBlock;
        backend.write({ kind: "serials", reserved });
      }
      return (serial += 1);
    },

    async truncate(afterTick) {
      handOver();
      const deleted = await backend.commit({ kind: "truncate", afterTick });
      const deletedSeconds = seconds.deleteAfter(afterTick);
      const { messages = 0, candles = 0, commands = 0 } = deleted ?? {};
      return { messages, candles: candles + deletedSeconds, commands };
    },

    outage: () => outage() ?? (abandoned > 0 ? silence : null),

    async close() {
      handOver();
      await backend.close();
    },
  };
}
