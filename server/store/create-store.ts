/**
 * The store as the server sees it: gathers what ticks yield, hands out serials, remembers the last
 * hour's second candles, and leaves everything else to the database side.
 */
import type { ClosedCandle, Command, TickBatch } from "../../simulator/index.js";
import type { Backend, Found } from "./backend.js";
import { builtInterval, pageCandles } from "./candle-pages.js";
import { decodeNumberCursor, encodeNumberCursor } from "./cursor.js";
import { Deadline } from "./deadline.js";
import { type Retention, createPruning } from "./pruning.js";
import { type SecondCandles, createSecondCandles } from "./second-candles.js";
import type { CommandRecord, Store } from "./store.js";
import { StoreError } from "./store-error.js";
import type { TickCandle, TickMessage, Write } from "./writes.js";
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

function toRows(candles: readonly ClosedCandle[], tick: number): TickCandle[] {
  return candles.map((candle) => ({ tick, candle }));
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
  /** @default an empty one */
  readonly seconds?: SecondCandles;
}

/** What ticks have yielded and is not handed over yet. */
class GatheredTicks {
  readonly #backend: Backend;
  #lastTick: number | null = null;
  #messages: TickMessage[] = [];
  #minuteCandles: TickCandle[] = [];
  #reordered: CommandRecord | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @returns the messages that it yielded */
  add(batch: TickBatch, reordered?: CommandRecord): readonly TickMessage[] {
    const { tick, closedCandles } = batch;
    const messages = messagesOf(batch);
    const minuteCandles = closedCandles.filter(({ interval }) => interval === "1m");
    this.#lastTick = tick;
    if (reordered !== undefined) this.#reordered = reordered;
    this.#messages.push(...messages);
    this.#minuteCandles.push(...toRows(minuteCandles, tick));
    if (this.#messages.length + this.#minuteCandles.length >= gatheredMax) this.handOver();
    else this.#timer ??= setTimeout(() => this.handOver(), gatherMs).unref();
    return messages;
  }

  handOver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lastTick === null) return;
    this.#backend.write({
      kind: "ticks",
      lastTick: this.#lastTick,
      messages: this.#messages,
      minuteCandles: this.#minuteCandles,
      ...(this.#reordered && { reordered: this.#reordered }),
    });
    this.#lastTick = null;
    this.#messages = [];
    this.#minuteCandles = [];
    this.#reordered = undefined;
  }
}

/** The backend for everything but ticks: nothing overtakes those that are gathered, or waits for longer than it may. */
function createAccess(backend: Backend, ticks: GatheredTicks, waitMsMax: number) {
  /** Commits that were given up before they were over: whether they are kept is not known, and nobody may see it. */
  let abandoned = 0;
  /** How many there have been. */
  let abandonments = 0;

  /** Takes back what a late commit has kept, before anything else is written or read. */
  async function takeBack(record: CommandRecord, committing: Promise<unknown>): Promise<void> {
    abandoned += 1;
    abandonments += 1;
    try {
      await committing;
      backend.write({ kind: "undo", records: [record] });
    } catch {
      // It was rejected, and has kept nothing.
    } finally {
      abandoned -= 1;
    }
  }

  return {
    isSilent: () => abandoned > 0,
    deadline: () => new Deadline(waitMsMax),

    write(write: Write): void {
      ticks.handOver();
      backend.write(write);
    },

    async read<Name extends Parameters<Backend["read"]>[0]>(
      ...args: Parameters<typeof backend.read<Name>>
    ): Promise<Found<Name>> {
      if (abandoned > 0) throw new StoreError(silence);
      const before = abandonments;
      ticks.handOver();
      const found = await new Deadline(waitMsMax).race(backend.read(...args));
      // It may have seen what was kept before it was given up, and is gone by now.
      if (abandonments > before) throw new StoreError(silence);
      return found;
    },

    async commit(record: CommandRecord, keptAtMs: number, deadline: Deadline): Promise<void> {
      if (abandoned > 0) throw new StoreError(silence);
      ticks.handOver();
      const committing = backend.commit({ kind: "command", record, keptAtMs });
      try {
        await deadline.race(committing);
      } catch (error) {
        if (deadline.isOver) void takeBack(record, committing);
        throw error;
      }
    },
  };
}

type Access = ReturnType<typeof createAccess>;

/** Serials in order, of which a block at a time is reserved in the database. */
function createSerials(backend: Backend): () => number {
  let serial = backend.reservedSerials;
  let reserved = serial;
  return () => {
    if (serial === reserved) {
      reserved += serialBlock;
      backend.write({ kind: "serials", reserved });
    }
    return (serial += 1);
  };
}

function createReads(
  { read }: Access,
  seconds: SecondCandles,
  wallClockMs: () => number,
): Pick<Store, "commands" | "messages" | "message" | "candles" | "response"> {
  return {
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
  };
}

export function createStore(options: StoreOptions): Store {
  const { backend, retention, wallClockMs, outage, isReset, waitMsMax, seconds = createSecondCandles() } = options;
  const pruning = createPruning(retention);
  const ticks = new GatheredTicks(backend);
  const access = createAccess(backend, ticks, waitMsMax);
  const { write } = access;
  /** What is there is another timeline's, until this one begins. */
  let isForgotten = isReset;

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

    begin(timeline) {
      isForgotten = false;
      write({ kind: "begin", timeline });
    },
    moveStart: (startMs, snapshot) => write({ kind: "moveStart", startMs, snapshot }),
    saveSnapshot: (snapshot) => write({ kind: "snapshot", snapshot }),
    saveBackfill: (rows) => write({ kind: "backfill", rows }),

    recordBatch(batch, reordered) {
      for (const candle of batch.closedCandles) if (candle.interval === "1s") seconds.add(candle, batch.tick);
      const prune = pruning.after(batch.atMs, ticks.add(batch, reordered));
      if (prune !== null) write({ ...prune, repliesBeforeMs: wallClockMs() - replyKeptMs });
    },

    recordPlace(record) {
      write({ kind: "place", record });
      deleteDependents(record.entry.command);
    },

    deadline: access.deadline,
    async commit(record, deadline = access.deadline()) {
      await access.commit(record, wallClockMs(), deadline);
      deleteDependents(record.entry.command);
    },

    ...createReads(access, seconds, wallClockMs),
    nextSerial: createSerials(backend),

    async truncate(afterTick) {
      ticks.handOver();
      const deleted = await backend.commit({ kind: "truncate", afterTick });
      const { messages = 0, candles = 0, commands = 0 } = deleted ?? {};
      return { messages, candles: candles + seconds.deleteAfter(afterTick), commands };
    },

    outage: () => outage() ?? (access.isSilent() ? silence : null),

    async close() {
      ticks.handOver();
      await backend.close();
    },
  };
}
