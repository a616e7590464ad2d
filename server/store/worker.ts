/** The store's own thread: a database that answers messages, so that no flush of a disk ever delays a tick. */
import { parentPort, workerData } from "node:worker_threads";
import { StartError } from "../core/errors.js";
import { type Backend, type BackendOptions, openBackend } from "./backend.js";
import { StoreError } from "./store-error.js";
import type { FromWorker, ToWorker } from "./worker-backend.js";

const port = parentPort;
if (port === null) throw new Error("server/store/worker.ts runs as a worker thread only");

function send(message: FromWorker): void {
  port?.postMessage(message);
}

function fail(call: number, error: unknown): void {
  const known = error instanceof StoreError ? error : new StoreError("The store failed.", { cause: error });
  send({ kind: "failed", call, message: known.message, retryAfterSeconds: known.retryAfterSeconds });
}

async function answer(backend: Backend, message: ToWorker): Promise<void> {
  if (message.kind === "write") {
    backend.write(message.write);
    return;
  }
  const { call } = message;
  try {
    if (message.kind === "commit") send({ kind: "done", call, result: await backend.commit(message.write) });
    else if (message.kind === "read") {
      send({
        kind: "found",
        call,
        result: await backend.read(
          message.name,
          ...(message.args as Parameters<typeof backend.read> extends [unknown, ...infer Args] ? Args : never),
        ),
      });
    } else {
      await backend.close();
      send({ kind: "done", call, result: null });
      port?.close();
    }
  } catch (error) {
    fail(call, error);
  }
}

try {
  const backend = await openBackend(workerData as BackendOptions, {
    onOutage: (outage) => send({ kind: "outage", outage }),
    onGivenUp: (messages) => send({ kind: "givenUp", messages }),
    onReadFailed: (reason) => send({ kind: "readFailed", reason }),
    onLocked: () => send({ kind: "locked" }),
    onLockLost: () => send({ kind: "lockLost" }),
  });
  port.on("message", (message: ToWorker) => void answer(backend, message));
  send({ kind: "opened", reservedSerials: backend.reservedSerials });
} catch (error) {
  const refusal =
    error instanceof StartError
      ? error
      : new StartError("storeUnusable", "The store could not be opened.", { cause: error });
  send({ kind: "refused", code: refusal.code, message: refusal.message });
}
