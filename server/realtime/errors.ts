/**
 * What the realtime room throws at its callers.
 *
 * Invariant: whoever catches a `BroadcastError` knows that nothing of that payload was sent.
 */
import { describeValue } from "../../schemas/describe-value.js";
import type { EventName } from "../../schemas/index.js";

/** Where and how a payload broke the schema of its broadcast function. */
export interface BroadcastFault {
  readonly event: EventName;
  /** The function that was called, such as `broadcastMarketUpdate`. */
  readonly call: string;
  /** JSON pointer to the offending place; empty for the whole payload. */
  readonly pointer: string;
  readonly detail: string;
  /** What stood there. */
  readonly value: unknown;
  /** Path of the schema below schemas/. */
  readonly schema: string;
}

/** A payload that breaks its schema. Nothing of it was sent. */
export class BroadcastError extends Error {
  override readonly name = "BroadcastError";
  readonly code = "ERR_BROADCAST_INVALID";
  readonly event: EventName;
  readonly pointer: string;

  constructor(fault: BroadcastFault) {
    const place = fault.pointer === "" ? "the payload" : fault.pointer;
    super(
      `${fault.call}: ${place} ${fault.detail}, but is ${describeValue(fault.value)}. ` +
        `Nothing was sent; schemas/${fault.schema} describes what is accepted.`,
    );
    this.event = fault.event;
    this.pointer = fault.pointer;
  }
}

/** An option that `createRealtime` refuses to start with. */
export class RealtimeOptionError extends Error {
  override readonly name = "RealtimeOptionError";
  readonly code = "ERR_REALTIME_OPTION";
  /** Its name, such as `limits.connectionsMax`. */
  readonly option: string;

  constructor(message: string, option: string) {
    super(message);
    this.option = option;
  }
}
