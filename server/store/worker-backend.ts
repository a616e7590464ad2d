/** The database side of the store in a thread of its own, seen from the thread of the ticks. */
import { Worker } from "node:worker_threads";
import type { DeletedRows } from "../../schemas/index.js";
import { StartError, type StartErrorCode } from "../core/errors.js";
import { packageRoot } from "../../schemas/package-root.js";
import type { Backend, BackendEvents, BackendOptions } from "./backend.js";
import type { Reads } from "./reads.js";
import { StoreError } from "./store-error.js";
import type { Write } from "./writes.js";

/** One file for the sources, their compiled form and the CommonJS bundle: no thread can load TypeScript on Node 20. */
const workerUrl = new URL("dist/bin/store-thread.js", packageRoot);

/** What crosses to the thread, and back. */
export type ToWorker =
  | { readonly kind: "write"; readonly write: Write }
  | { readonly kind: "commit"; readonly call: number; readonly write: Write }
  | { readonly kind: "read"; readonly call: number; readonly name: keyof Reads; readonly args: readonly unknown[] }
  | { readonly kind: "close"; readonly call: number };

export type FromWorker =
  | { readonly kind: "opened"; readonly reservedSerials: number }
  | { readonly kind: "refused"; readonly code: StartErrorCode; readonly message: string }
  | { readonly kind: "done"; readonly call: number; readonly result: DeletedRows | null }
  | { readonly kind: "found"; readonly call: number; readonly result: unknown }
  | { readonly kind: "failed"; readonly call: number; readonly message: string; readonly retryAfterSeconds: number }
  | { readonly kind: "outage"; readonly outage: string | null }
  | { readonly kind: "givenUp"; readonly messages: number }
  | { readonly kind: "readFailed"; readonly reason: string }
  | { readonly kind: "locked" }
  | { readonly kind: "lockLost" };

interface Waiter {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Why the thread has ended. It opens its modules only now, and may be the first to find no descriptor left. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EMFILE" || code === "ENFILE") return "too many files are open; raise the limit (ulimit -n)";
  return message;
}

/** The thread, and the calls that it has not answered. */
class WorkerBackend implements Backend {
  reservedSerials = 0;
  readonly #worker: Worker;
  readonly #events: BackendEvents;
  readonly #waiters = new Map<number, Waiter>();
  #calls = 0;
  #end: string | undefined;
  #isOpen = false;
  /** The thread was told to go, or has not come: its end is no outage. */
  #isLeaving = false;

  constructor(options: BackendOptions, events: BackendEvents) {
    // What the process was started with (--input-type, a loader) is not meant for this thread.
    this.#worker = new Worker(workerUrl, { workerData: options, name: "store", execArgv: [] });
    this.#events = events;
  }

  /** Resolves when the database is open. @param signal ends the wait */
  async open(signal?: AbortSignal): Promise<void> {
    const endWait = (): void => this.#endWait();
    signal?.addEventListener("abort", endWait);
    if (signal?.aborted === true) endWait();
    const opened = new Promise<number>((resolve, reject) => {
      this.#worker.on("message", (message: FromWorker) => {
        if (message.kind === "opened") {
          this.#isOpen = true;
          resolve(message.reservedSerials);
        } else if (message.kind === "refused") {
          this.#isLeaving = true;
          reject(new StartError(message.code, message.message));
          void this.#worker.terminate();
        } else this.#receive(message);
      });
      this.#worker.on("error", (cause) => {
        this.#isLeaving ||= !this.#isOpen;
        reject(new StartError("storeUnusable", `The store could not be opened: ${explain(cause)}.`, { cause }));
        this.#ended("The store has failed; restart the server.");
      });
      this.#worker.on("exit", () => {
        reject(new StartError("storeUnusable", "The store was closed before it was open."));
        this.#ended("The store is closed.");
      });
    });
    this.reservedSerials = await opened.finally(() => signal?.removeEventListener("abort", endWait));
  }

  #endWait(): void {
    if (this.#isOpen) return;
    this.#isLeaving = true;
    void this.#worker.terminate();
  }

  write(write: Write): void {
    if (this.#end === undefined) this.#send({ kind: "write", write });
  }

  readonly commit: Backend["commit"] = (write) => this.#call((call) => ({ kind: "commit", call, write }));

  readonly read: Backend["read"] = (name, ...args) => this.#call((call) => ({ kind: "read", call, name, args }));

  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#isLeaving = true;
    await this.#call((call) => ({ kind: "close", call }));
    await this.#worker.terminate();
  }

  #receive(message: Exclude<FromWorker, { readonly kind: "opened" | "refused" }>): void {
    switch (message.kind) {
      case "done":
      case "found":
        this.#settle(message.call)?.resolve(message.result as never);
        break;
      case "failed":
        this.#settle(message.call)?.reject(
          new StoreError(message.message, { retryAfterSeconds: message.retryAfterSeconds }),
        );
        break;
      case "outage":
        this.#events.onOutage(message.outage);
        break;
      case "givenUp":
        this.#events.onGivenUp(message.messages);
        break;
      case "readFailed":
        this.#events.onReadFailed(message.reason);
        break;
      case "locked":
        this.#events.onLocked?.();
        break;
      case "lockLost":
        this.#events.onLockLost?.();
    }
  }

  #ended(reason: string): void {
    this.#end ??= reason;
    for (const waiter of this.#waiters.values()) waiter.reject(new StoreError(this.#end));
    this.#waiters.clear();
    if (!this.#isLeaving) this.#events.onOutage(this.#end);
  }

  #send(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(message);
  }

  #call<Result>(message: (call: number) => ToWorker): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(new StoreError(this.#end));
    return new Promise((resolve, reject) => {
      this.#calls += 1;
      this.#waiters.set(this.#calls, { resolve, reject });
      this.#send(message(this.#calls));
    });
  }

  #settle(call: number): Waiter | undefined {
    const waiter = this.#waiters.get(call);
    this.#waiters.delete(call);
    return waiter;
  }
}

/**
 * Starts the thread and resolves when the database is open.
 *
 * @param signal ends the wait for it
 * @throws {StartError} when it cannot be used for this world
 */
export async function openWorkerBackend(
  options: BackendOptions,
  events: BackendEvents,
  signal?: AbortSignal,
): Promise<Backend> {
  const backend = new WorkerBackend(options, events);
  await backend.open(signal);
  return backend;
}
