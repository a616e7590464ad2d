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

export class Writer {
  readonly #db: Kysely<Tables>;
  readonly #options: WriterOptions;
  #queue: Job[] = [];
  #timeline: TimelineRow;
  #messageSerial: number;
  #running: Promise<void> | undefined;
  #group: readonly Job[] = [];
  #committing: Promise<void> | undefined;
  #outage: string | null = null;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(db: Kysely<Tables>, options: WriterOptions) {
    this.#db = db;
    this.#options = options;
    this.#timeline = options.timeline;
    this.#messageSerial = options.lastMessageSerial;
  }

  /** Retains the write until it is durable. */
  write(write: Write): void {
    // During an outage hours of ticks gather; those without rows leave only the last of them.
    if (isBareTick(this.#queue.at(-1)) && write.kind === "ticks") this.#queue.pop();
    // So does each snapshot but the newest: it is the one to resume from.
    if (this.#outage !== null && write.kind === "snapshot")
      this.#queue = this.#queue.filter((job) => job.write?.kind !== "snapshot");
    this.#queue.push({ write, waiter: null });
    if (this.#outage !== null) this.#boundRetained();
    this.#start();
  }

  /** Resolves once the write is durable; rejects with `StoreError`, and takes it back, when it cannot be. */
  commit(write: Write): Promise<Result> {
    if (this.#outage !== null || this.#isStopped)
      return Promise.reject(new StoreError(this.#outage ?? "The store is closed."));
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, waiter: { resolve, reject } });
      this.#start();
    });
  }

  /** Resolves when everything given so far is durable, or could not be. */
  async drain(): Promise<void> {
    if (this.#running === undefined || this.#outage !== null) return;
    await new Promise<void>((resolve) => {
      const done = (): void => resolve();
      this.#queue.push({ write: null, waiter: { resolve: done, reject: done } });
    });
  }

  /** Resolves when the transaction under way, if there is one, has succeeded or failed. */
  async settle(): Promise<void> {
    await this.#committing?.catch(() => {});
  }

  /**
   * Why what the database holds cannot be relied on: it may have committed something that was rejected and is still
   * to be taken back. Null when there is no such thing.
   */
  unsettled(): string | null {
    return this.#outageWhere(({ write, isUncertain }) => isUncertain === true || write?.kind === "undo");
  }

  /** Why the log that the database holds is not the present one: where a command comes is still to be written. Else null. */
  misplaced(): string | null {
    return this.#outageWhere(
      ({ write }) => write?.kind === "place" || (write?.kind === "ticks" && write.reordered !== undefined),
    );
  }

  /** Looks whether the database is still in its place, where no write does. */
  probe(): void {
    if (this.#running !== undefined || this.#isStopped) return;
    try {
      this.#options.requireInPlace();
    } catch {
      // Trying to write tells it, and again when it can be written.
      this.#queue.push({ write: null, waiter: null });
      this.#start();
    }
  }

  /** Stops trying. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    for (const { waiter } of this.#queue.splice(0)) waiter?.reject(new StoreError("The store is closed."));
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#isStopped && this.#queue.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // Whatever is given in this turn of the event loop shares the first transaction.
    await Promise.resolve();
    while (!this.#isStopped && (this.#queue.length > 0 || this.#outage !== null)) {
      this.#group = this.#takeGroup();
      const results: Result[] = [];
      try {
        this.#committing = this.#commitGroup(results);
        await this.#committing;
        this.#setOutage(null);
        this.#group.forEach(({ waiter }, at) => waiter?.resolve(results[at] ?? null));
        this.#group = [];
        await turn();
      } catch (error) {
        this.#failed(error, results);
        this.#group = [];
        await this.#pause();
      }
    }
  }

  #takeGroup(): Job[] {
    const { groupRowsMax = 20_000 } = this.#options;
    let rows = 0;
    let count = 0;
    for (const { write } of this.#queue) {
      if (count > 0 && rows >= groupRowsMax) break;
      rows += rowsOf(write);
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Fills `results` when all is done but the commit. */
  async #commitGroup(results: Result[]): Promise<void> {
    this.#options.requireInPlace();
    this.#timeline = await this.#db.transaction().execute(async (trx) => {
      const applier = createWriteApplier(trx, this.#timeline, () => (this.#messageSerial += 1));
      const applied: Result[] = [];
      for (const { write } of this.#group) applied.push(write === null ? null : await applier.apply(write));
      const written = await applier.finish();
      results.push(...applied);
      return written;
    });
    this.#options.requireInPlace();
  }

  /** `results` are there if the commit itself has failed. */
  #failed(cause: unknown, results: readonly Result[]): void {
    const reason = this.#options.explain(cause);
    const mayBeDone = results.length > 0 && this.#options.mayHaveCommitted(cause);
    const given = this.#group.map((job, at) => (mayBeDone ? retainTruncation(job, results[at] ?? null) : job));
    const jobs = [...given, ...this.#queue];
    const rejected = jobs.filter((job) => !isRetained(job));
    this.#queue = jobs.filter(isRetained);
    // A connection that broke during the commit may have committed all the same.
    const records: CommandRecord[] = this.#group.flatMap(({ write, waiter }) =>
      waiter !== null && write?.kind === "command" ? [write.record] : [],
    );
    if (mayBeDone && records.length > 0) this.#queue.unshift({ write: { kind: "undo", records }, waiter: null });
    this.#setOutage(reason);
    this.#boundRetained();
    for (const { waiter } of rejected) waiter?.reject(new StoreError(reason, { cause }));
  }

  /** Gives up the oldest simulated messages beyond the bound; candles are few and stay. */
  #boundRetained(): void {
    const { retainedMessagesMax = 100_000 } = this.#options;
    let retained = 0;
    for (const { write } of this.#queue) if (write?.kind === "ticks") retained += write.messages.length;
    if (retained <= retainedMessagesMax) return;
    const excess = retained - retainedMessagesMax;
    let left = excess;
    this.#queue = this.#queue.map((job) => {
      if (left === 0 || job.write?.kind !== "ticks") return job;
      const given = Math.min(left, job.write.messages.length);
      left -= given;
      return { ...job, write: { ...job.write, messages: job.write.messages.slice(given) } };
    });
    this.#options.onGivenUp(excess);
  }

  /** The outage, where it keeps one of these jobs from being done. */
  #outageWhere(isOpen: (job: Job) => boolean): string | null {
    if (this.#outage === null) return null;
    return this.#group.some(isOpen) || this.#queue.some(isOpen) ? this.#outage : null;
  }

  #setOutage(now: string | null): void {
    if (now === this.#outage) return;
    this.#outage = now;
    this.#options.onOutage(now);
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.retryMs ?? 500);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
