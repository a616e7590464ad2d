/** What the generator knows of a subscriber, thin or real. */
import type { DeliveryResult } from "../oracle/delivery-result.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { ProtocolViolation } from "./protocol-violation.js";

/** What a subscriber received, and what its matcher answered: to be added up. */
export interface DeliveryEvents {
  /** Items of a batch from one on arrived as they were expected, a tick's run of frames at once. */
  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void;
  judged(matcher: StreamMatcher, results: readonly DeliveryResult[]): void;
  /** The server broke a protocol; after a fatal violation the subscriber is refused or dropped, too. */
  violated(violation: ProtocolViolation): void;
}

export interface SubscriberEvents extends DeliveryEvents {
  connected(subscriber: Subscriber, atMs: number): void;
  /** The subscription never came to be. */
  refused(subscriber: Subscriber, reason: string): void;
  /** The subscription ended without being asked to. */
  dropped(subscriber: Subscriber, reason: string): void;
}

/** How a subscriber loses its connection by plan. */
export type DropManner = "reset" | "silent" | "goodbye";

export interface Subscriber {
  readonly kind: SubscriberKind;
  readonly matcher: StreamMatcher;
  open(): void;
  /** Ends the subscription by plan. */
  close(): void;
  /** Goes on with another account, on the same connection. */
  rebind(matcher: StreamMatcher, events: SubscriberEvents): void;
  /** Stops and resumes reading, as a slow reader does. */
  pause(): void;
  resume(): void;
  /** Whether the server kept up its heartbeat. */
  isAlive(nowMs: number): boolean;
}

/** What a server with connection state recovery needs to take up a session again. */
export interface RecoverySession {
  readonly pid: string;
  /** Of the last event that arrived; undefined before the first. */
  readonly offset: string | undefined;
}
