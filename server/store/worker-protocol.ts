/** What crosses between the store's thread and the thread of the ticks. */
import type { DeletedRows } from "../../schemas/index.js";
import type { StartErrorCode } from "../core/errors.js";
import type { Reads } from "./reads.js";
import type { Write } from "./writes.js";

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
