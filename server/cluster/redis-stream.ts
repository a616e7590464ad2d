/**
 * A Redis stream as the carrier of the ordered log: entries are appended and read in one order by all members.
 *
 * One session is one pair of connections. Where an append fails, or Redis is silent, the session ends and another one
 * begins, so that nothing is appended in front of what was lost. An entry's id is remembered after it was taken.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { monotonicMs } from "../core/timers.js";
import type { Entry } from "./entry.js";
import { decodeEntry, encodeEntry } from "./entry-text.js";

export interface RedisStreamOptions {
  readonly url: string;
  /** Of the stream. */
  readonly key: string;
  /** Takes the next entry; the one after it waits until it is taken. */
  readonly take: (entry: Entry, id: string) => void | Promise<void>;
  /**
   * A session begins.
   *
   * @param isShortened whether the stream may have lost entries that somebody has read; it is read from its beginning
   * @returns what is to be appended first
   */
  readonly onConnect: (isShortened: boolean) => readonly Entry[];
  readonly onDisconnect: (reason: unknown) => void;
}

/** Entries that are kept, about. */
const entriesMax = 10_000;
/** A stream of which no member has read anything for a day is deleted by Redis: Postgres has what was decided. */
const keptSeconds = 24 * 60 * 60;
const keepEveryMs = 60_000;
const blockMs = 300;
/** Redis answers each `blockMs` at the latest. */
const silentMsMax = 900;
const retryMs = 50;

type Client = ReturnType<typeof createClient>;

export class RedisStream {
  readonly #options: RedisStreamOptions;
  #writer: Client | undefined;
  #reader: Client | undefined;
  #lastId = "0-0";
  /** The stream is to be read from its beginning. */
  #isRewound = false;
  #runId: string | undefined;
  #answeredMs = 0;
  #keptMs = -Infinity;
  #appendedBytes = 0;
  #isClosed = false;
  readonly #waiting = new Set<{
    readonly id: string;
    readonly resolve: () => void;
    readonly reject: (reason: Error) => void;
  }>();
  readonly #running: Promise<void>;

  constructor(options: RedisStreamOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Whether Redis has answered a moment ago. */
  get isAlive(): boolean {
    return this.#writer !== undefined && monotonicMs() - this.#answeredMs < 450;
  }

  /** Whether there is a session. */
  get isConnected(): boolean {
    return this.#writer !== undefined;
  }

  /** Reads all that the stream has once more. */
  rewind(): void {
    this.#isRewound = true;
  }

  /** Of all entries that were sent to Redis, whether or not it has them. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  append(entries: readonly Entry[]): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    for (const entry of entries) {
      const text = encodeEntry(entry);
      this.#appendedBytes += Buffer.byteLength(text);
      writer
        .xAdd(
          this.#options.key,
          "*",
          { e: text },
          {
            TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: entriesMax },
          },
        )
        .catch(() => this.#endSession());
    }
  }

  /** The id of the stream's last entry. Rejects while there is no session. */
  async findLastId(): Promise<string> {
    if (this.#writer === undefined) throw new Error("Redis does not answer.");
    const found = await this.#writer.xRevRange(this.#options.key, "+", "-", { COUNT: 1 });
    return found?.[0]?.id ?? "0-0";
  }

  /** Whether nobody has taken this name before, which holds for so long. Rejects while there is no session. */
  async claim(name: string, forMs: number): Promise<boolean> {
    if (this.#writer === undefined) throw new Error("Redis does not answer.");
    const expiration = { type: "PX", value: forMs } as const;
    return (await within(this.#writer.set(this.#claimKey(name), "", { condition: "NX", expiration }))) !== null;
  }

  /** The name can be taken again. */
  release(name: string): void {
    this.#writer?.del(this.#claimKey(name)).catch(() => {});
  }

  /** Resolves when everything up to this entry has been taken. Rejects when the session ends before. */
  reach(id: string): Promise<void> {
    if (!this.#isRewound && !isOlder(this.#lastId, id)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add({ id, resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endSession();
    await this.#running;
  }

  #claimKey(name: string): string {
    return `${this.#options.key}:claim:${name}`;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      let reason: unknown;
      try {
        await this.#session();
      } catch (error) {
        reason = error;
      }
      this.#endSession();
      this.#options.onDisconnect(reason);
      if (!this.#isClosed) await sleep(retryMs);
    }
  }

  #endSession(): void {
    for (const client of [this.#reader, this.#writer]) if (client?.isOpen === true) client.destroy();
    this.#reader = undefined;
    this.#writer = undefined;
    for (const { reject } of this.#waiting) reject(new Error("The connection to Redis has ended."));
    this.#waiting.clear();
  }

  #keep(writer: Client): void {
    if (this.#answeredMs - this.#keptMs < keepEveryMs) return;
    this.#keptMs = this.#answeredMs;
    writer.expire(this.#options.key, keptSeconds).catch(() => this.#endSession());
  }

  async #session(): Promise<void> {
    const { url, key, onConnect } = this.#options;
    const open = (): Client =>
      createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false, connectTimeout: 1000 } }).on(
        "error",
        () => {},
      ) as Client;
    const [reader, writer] = await Promise.all([open().connect(), open().connect()]);
    this.#reader = reader;
    const runId = /run_id:(\w+)/.exec(await within(writer.info("server")))?.[1];
    this.#writer = writer;
    const isOther = this.#runId !== undefined && runId !== this.#runId;
    const isShortened = isOther || isOlder(await within(this.findLastId()), this.#lastId);
    this.#runId = runId;
    if (isShortened) this.#lastId = "0-0";
    this.#answeredMs = monotonicMs();
    this.append(onConnect(isShortened));
    while (!this.#isClosed && this.#writer !== undefined) {
      const found = await within(reader.xRead({ key, id: this.#lastId }, { BLOCK: blockMs, COUNT: 200 }));
      this.#answeredMs = monotonicMs();
      const [stream] = (found ?? []) as unknown as { messages: { id: string; message: Record<string, string> }[] }[];
      if (stream !== undefined) this.#keep(writer);
      for (const { id, message } of stream?.messages ?? []) {
        const taking = this.#options.take(decodeEntry(message["e"] ?? ""), id);
        if (taking !== undefined) await taking;
        this.#lastId = id;
        if (this.#isRewound) break;
      }
      if (this.#isRewound) this.#lastId = "0-0";
      this.#isRewound = false;
      for (const waiting of this.#waiting) {
        if (isOlder(this.#lastId, waiting.id)) continue;
        this.#waiting.delete(waiting);
        waiting.resolve();
      }
    }
  }
}

/** A connection that stays silent is a broken one. */
async function within<Result>(answer: Promise<Result>): Promise<Result> {
  const answered = new AbortController();
  const silent = sleep(silentMsMax, undefined, { signal: answered.signal }).then(() => {
    throw new Error("Redis is silent.");
  });
  silent.catch(() => {});
  answer.catch(() => {});
  try {
    return await Promise.race([answer, silent]);
  } finally {
    answered.abort();
  }
}

/** Ids are `<milliseconds>-<number>`. */
function isOlder(one: string, other: string): boolean {
  const [ms = "0", number = "0"] = one.split("-");
  const [otherMs = "0", otherNumber = "0"] = other.split("-");
  return Number(ms) < Number(otherMs) || (ms === otherMs && Number(number) < Number(otherNumber));
}
