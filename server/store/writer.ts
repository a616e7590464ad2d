/**
 * Group commit: whatever has gathered while one transaction ran goes into the next.
 *
 * What nobody waits for (ticks) is retained until it is durable, whatever happens to the disk; what
 * somebody waits for (commands) is either durable or rejected and taken back. A truncation cannot be taken
 * back: one that may have been committed is tried again until it surely is. Invariant: writes reach the
 * database in the order in which they were given.
 */
import type { Kysely } from "kysely";
import type { DeletedRows } from "../../schemas/index.js";
import { createWriteApplier } from "./apply-write.js";
import type { TimelineRow } from "./log-head.js";
import type { CommandRecord } from "./store.js";
import { StoreError } from "./store-error.js";
import type { Tables } from "./tables.js";
import type { Write } from "./writes.js";
import { clearTimeout, setImmediate, setTimeout } from "../core/timers.js";

export interface WriterOptions {
  /** The timeline's row as it is stored. */
  readonly timeline: TimelineRow;
  /** Serial of the newest message row. */
  readonly lastMessageSerial: number;
  /** Rows in one transaction. Smaller where the transaction holds up the ticks. @default 20_000 */
  readonly groupRowsMax?: number;
  /** Simulated messages that wait for the database to come back; beyond it the oldest are given up. @default 100_000 */
  readonly retainedMessagesMax?: number;
  /** How long to wait before trying again. @default 500 */
  readonly retryMs?: number;
  /** Says in one sentence why the database failed. */
  readonly explain: (error: unknown) => string;
  /** Whether a commit that failed so may have landed all the same. */
  readonly mayHaveCommitted: (error: unknown) => boolean;
  /** Throws where what is written goes no longer to the place that was opened. */
  readonly requireInPlace: () => void;
  /** Told of each change: why it cannot write, or null when it can again. */
  readonly onOutage: (outage: string | null) => void;
  /** Told how many messages were given up. */
  readonly onGivenUp: (messages: number) => void;
}

export interface Writer {
  /** Retains the write until it is durable. */
  write(write: Write): void;
  /** Resolves once the write is durable; rejects with `StoreError`, and takes it back, when it cannot be. */
  commit(write: Write): Promise<DeletedRows | null>;
  /** Resolves when everything given so far is durable, or could not be. */
  drain(): Promise<void>;
  /** Resolves when the transaction under way, if there is one, has succeeded or failed. */
  settle(): Promise<void>;
  /**
   * Why what the database holds cannot be relied on: it may have committed something that was rejected and is still
   * to be taken back. Null when there is no such thing.
   */
  unsettled(): string | null;
  /** Looks whether the database is still in its place, where no write does. */
  probe(): void;
  /** Stops trying. */
  stop(): void;
}

type Result = DeletedRows | null;

interface Job {
  /** Null only marks a place in the order. */
  readonly write: Write | null;
  readonly waiter: {
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  } | null;
  /** True where it is retained although somebody waits for it. */
  readonly isUncertain?: boolean;
}

function isRetained({ waiter, isUncertain = false }: Job): boolean {
  return waiter === null || isUncertain;
}

/** A truncation that may have been committed: it is answered with what it deleted the first time. */
function retainTruncation(job: Job, result: Result): Job {
  const { write, waiter } = job;
  if (write?.kind !== "truncate" || waiter === null) return job;
  return { write, waiter: { ...waiter, resolve: () => waiter.resolve(result) }, isUncertain: true };
}

function rowsOf(write: Write | null): number {
  if (write === null) return 0;
  if (write.kind !== "ticks") return 4;
  return 1 + write.messages.length + write.minuteCandles.length + (write.reordered === undefined ? 0 : 1);
}

/** True for ticks that yielded nothing to store, so that a later tick says all that they say. */
function isBareTick(job: Job | undefined): boolean {
  return job?.write?.kind === "ticks" && rowsOf(job.write) === 1;
}

/** Lets the event loop turn, so that a long queue in the process of the ticks does not hold them up. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function createWriter(db: Kysely<Tables>, options: WriterOptions): Writer {
  const { groupRowsMax = 20_000, retainedMessagesMax = 100_000, retryMs = 500 } = options;
  let queue: Job[] = [];
  let { timeline } = options;
  let messageSerial = options.lastMessageSerial;
  let running: Promise<void> | undefined;
  let group: readonly Job[] = [];
  let committing: Promise<void> | undefined;
  let outage: string | null = null;
  let isStopped = false;
  let wake: (() => void) | undefined;

  function setOutage(now: string | null): void {
    if (now === outage) return;
    outage = now;
    options.onOutage(now);
  }

  function takeGroup(): Job[] {
    let rows = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || rows < groupRowsMax)) rows += rowsOf(queue[count++].write);
    return queue.splice(0, count);
  }

  /** Fills `results` when all is done but the commit. */
  async function commitGroup(results: Result[]): Promise<void> {
    options.requireInPlace();
    timeline = await db.transaction().execute(async (trx) => {
      const applier = createWriteApplier(trx, timeline, () => (messageSerial += 1));
      const applied: Result[] = [];
      for (const { write } of group) applied.push(write === null ? null : await applier.apply(write));
      const written = await applier.finish();
      results.push(...applied);
      return written;
    });
    options.requireInPlace();
  }

  /** Gives up the oldest simulated messages beyond the bound; candles are few and stay. */
  function boundRetained(): void {
    let retained = 0;
    for (const { write } of queue) if (write?.kind === "ticks") retained += write.messages.length;
    if (retained <= retainedMessagesMax) return;
    const excess = retained - retainedMessagesMax;
    let left = excess;
    queue = queue.map((job) => {
      if (left === 0 || job.write?.kind !== "ticks") return job;
      const given = Math.min(left, job.write.messages.length);
      left -= given;
      return { ...job, write: { ...job.write, messages: job.write.messages.slice(given) } };
    });
    options.onGivenUp(excess);
  }

  /** `results` are there if the commit itself has failed. */
  function failed(cause: unknown, results: readonly Result[]): void {
    const reason = options.explain(cause);
    const mayBeDone = results.length > 0 && options.mayHaveCommitted(cause);
    const jobs = [...group.map((job, at) => (mayBeDone ? retainTruncation(job, results[at]) : job)), ...queue];
    const rejected = jobs.filter((job) => !isRetained(job));
    queue = jobs.filter(isRetained);
    // A connection that broke during the commit may have committed all the same.
    const records: CommandRecord[] = group.flatMap(({ write, waiter }) =>
      waiter !== null && write?.kind === "command" ? [write.record] : [],
    );
    if (mayBeDone && records.length > 0) queue.unshift({ write: { kind: "undo", records }, waiter: null });
    setOutage(reason);
    boundRetained();
    for (const { waiter } of rejected) waiter?.reject(new StoreError(reason, { cause }));
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = undefined;
  }

  async function run(): Promise<void> {
    // Whatever is given in this turn of the event loop shares the first transaction.
    await Promise.resolve();
    // oxlint-disable-next-line eslint/no-unmodified-loop-condition -- `stop` ends it
    while (!isStopped && (queue.length > 0 || outage !== null)) {
      group = takeGroup();
      const results: Result[] = [];
      try {
        committing = commitGroup(results);
        await committing;
        setOutage(null);
        group.forEach(({ waiter }, at) => waiter?.resolve(results[at] ?? null));
        group = [];
        await turn();
      } catch (error) {
        failed(error, results);
        group = [];
        await pause();
      }
    }
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      if (!isStopped && queue.length > 0) start();
    });
  }

  return {
    write(write) {
      // During an outage hours of ticks gather; those without rows leave only the last of them.
      if (isBareTick(queue.at(-1)) && write.kind === "ticks" && write.lastTick !== null) queue.pop();
      // So does each snapshot but the newest: it is the one to resume from.
      if (outage !== null && write.kind === "snapshot") queue = queue.filter((job) => job.write?.kind !== "snapshot");
      queue.push({ write, waiter: null });
      if (outage !== null) boundRetained();
      start();
    },
    commit(write) {
      if (outage !== null || isStopped) return Promise.reject(new StoreError(outage ?? "The store is closed."));
      return new Promise((resolve, reject) => {
        queue.push({ write, waiter: { resolve, reject } });
        start();
      });
    },
    async drain() {
      if (running === undefined || outage !== null) return;
      await new Promise<void>((resolve) => {
        const done = (): void => resolve();
        queue.push({ write: null, waiter: { resolve: done, reject: done } });
      });
    },
    async settle() {
      await committing?.catch(() => {});
    },
    unsettled() {
      if (outage === null) return null;
      const isOpen = ({ write, isUncertain }: Job): boolean => isUncertain === true || write?.kind === "undo";
      return group.some(isOpen) || queue.some(isOpen) ? outage : null;
    },
    probe() {
      if (running !== undefined || isStopped) return;
      try {
        options.requireInPlace();
      } catch {
        // Trying to write tells it, and again when it can be written.
        queue.push({ write: null, waiter: null });
        start();
      }
    },
    stop() {
      isStopped = true;
      wake?.();
      for (const { waiter } of queue.splice(0)) waiter?.reject(new StoreError("The store is closed."));
    },
  };
}
