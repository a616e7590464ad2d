/** The database side of the store in a thread of its own, seen from the thread of the ticks. */
import { Worker } from "node:worker_threads";
import type { DeletedRows } from "../../schemas/index.js";
import { StartError, type StartErrorCode } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import type { Backend, BackendEvents, BackendOptions } from "./backend.js";
import type { Reads } from "./reads.js";
import { StoreError } from "./store-error.js";
import type { Write } from "./writes.js";

/** One file for the sources, their compiled form and the CommonJS bundle: no thread can load TypeScript on Node 20. */
const workerUrl = new URL("dist/server/store/worker.js", packageRoot);

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
  | { readonly kind: "readFailed"; readonly reason: string };

interface Waiter {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Why the thread has ended. It opens its modules only now, and may be the first to find no descriptor left. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EMFILE" || code === "ENFILE") return "too many files are open; raise the limit (ulimit -n)";
  return message;
}

/**
 * Starts the thread and resolves when the database is open.
 *
 * @throws {StartError} when it cannot be used for this world
 */
export async function openWorkerBackend(options: BackendOptions, events: BackendEvents): Promise<Backend> {
  // What the process was started with (--input-type, a loader) is not meant for this thread.
  const worker = new Worker(workerUrl, { workerData: options, name: "store", execArgv: [] });
  const waiters = new Map<number, Waiter>();
  let calls = 0;
  let end: string | undefined;
  let isOpen = false;
  /** The thread was told to go, or has not come: its end is no outage. */
  let isLeaving = false;

  function ended(reason: string): void {
    end ??= reason;
    for (const waiter of waiters.values()) waiter.reject(new StoreError(end));
    waiters.clear();
    if (!isLeaving) events.onOutage(end);
  }

  function send(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(message);
  }

  function call<Result>(message: (call: number) => ToWorker): Promise<Result> {
    if (end !== undefined) return Promise.reject(new StoreError(end));
    return new Promise((resolve, reject) => {
      calls += 1;
      waiters.set(calls, { resolve, reject });
      send(message(calls));
    });
  }

  function settle(call: number): Waiter | undefined {
    const waiter = waiters.get(call);
    waiters.delete(call);
    return waiter;
  }

  const reservedSerials = await new Promise<number>((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      switch (message.kind) {
        case "opened":
          isOpen = true;
          resolve(message.reservedSerials);
          break;
        case "refused":
          isLeaving = true;
          reject(new StartError(message.code, message.message));
          void worker.terminate();
          break;
        case "done":
        case "found":
          settle(message.call)?.resolve(message.result as never);
          break;
        case "failed":
          settle(message.call)?.reject(
            new StoreError(message.message, { retryAfterSeconds: message.retryAfterSeconds }),
          );
          break;
        case "outage":
          events.onOutage(message.outage);
          break;
        case "givenUp":
          events.onGivenUp(message.messages);
          break;
        case "readFailed":
          events.onReadFailed(message.reason);
      }
    });
    worker.on("error", (cause) => {
      isLeaving ||= !isOpen;
      reject(new StartError("storeUnusable", `The store could not be opened: ${explain(cause)}.`, { cause }));
      ended("The store has failed; restart the server.");
    });
    worker.on("exit", () => ended("The store is closed."));
  });

  return {
    reservedSerials,
    write(write) {
      if (end === undefined) send({ kind: "write", write });
    },
    commit: (write) => call((id) => ({ kind: "commit", call: id, write })),
    read: (name, ...args) => call((id) => ({ kind: "read", call: id, name, args })),
    async close() {
      if (end !== undefined) return;
      isLeaving = true;
      await call((id) => ({ kind: "close", call: id }));
      await worker.terminate();
    },
  };
}
