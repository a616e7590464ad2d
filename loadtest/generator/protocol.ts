/**
 * What the controller (one) and the generators (one for each worker process) say to each other.
 * Plain data: it crosses a process boundary. All instants are on the host's monotonic clock.
 */
import type { SubscriberTarget } from "../core/target.js";
import type { ContentFault } from "../oracle/content.js";
import type { DeliveryCounts } from "../oracle/delivery-counts.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import type { AddressPlan } from "./shares.js";

export interface GeneratorConfig {
  readonly index: number;
  /** One server, or members of a cluster: subscribers are spread evenly over them. */
  readonly targets: readonly SubscriberTarget[];
  /** Index of the one that the first subscriber of this generator connects to: remainders go to different ones. */
  readonly firstTarget: number;
  /** The stream is learned from the subscribers, because nobody can regenerate it. */
  readonly learning: boolean;
  /** Real clients among the first subscribers of this generator. */
  readonly control: { readonly websocket: number; readonly polling: number };
  readonly slowReaders: { readonly share: number; readonly pauseMs: number; readonly everyMs: number } | undefined;
  /** Loopback addresses to connect from. */
  readonly sources: AddressPlan;
  /** Subscribers that may be connecting at once. */
  readonly connectingMax: number;
  /** Milliseconds after which a subscriber that has no session is refused. */
  readonly sessionTimeoutMs: number;
  /** Stay awake while a tick arrives: the server is on this machine, and a core is left for it. */
  readonly busyPolling: boolean;
}

export type ToGenerator =
  | StreamUpdate
  /** Go to this many subscribers, evenly over the time. */
  | { readonly type: "scale"; readonly count: number; readonly overMs: number }
  /** Close this many and open as many new ones. */
  | { readonly type: "replace"; readonly count: number }
  /** Latencies from payloads' timestamps are recorded with `payloadShiftMs` added. */
  | { readonly type: "measure"; readonly fromMs: number; readonly toMs: number; readonly payloadShiftMs: number }
  /** Nothing after this tick is owed. Of a run that was ended early, those who still wait for a session are no finding. */
  | { readonly type: "close"; readonly lastTick: number; readonly isEarly: boolean }
  /** Judge what is left, report, and go. */
  | { readonly type: "finish" };

/** One second of a generator's life. */
export interface SecondReport {
  readonly second: number;
  readonly latency: string | null;
  readonly deliveries: number;
  readonly connected: number;
  readonly utilisation: number;
  readonly rssBytes: number;
  readonly faults: number;
}

/** Fan-out of one batch over the subscribers of one generator. */
export type BatchReport = readonly [
  tick: number,
  sequence: number,
  intendedMs: number,
  firstMs: number,
  lastMs: number,
];

export interface EventCounts {
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  unexpected: number;
}

export interface CountedFault extends ContentFault {
  readonly deliveries: number;
}

export interface SubscriberReport {
  readonly subscriber: string;
  /** Index of its target. */
  readonly address: number;
  readonly faults: DeliveryCounts;
  readonly latencyMeanMs: number | null;
  readonly latencyMaxMs: number;
  readonly divergence: {
    readonly kind: string;
    readonly tick: number;
    readonly expected: string;
    readonly received: string;
    readonly atMs: number;
  } | null;
}

/** What became of the subscribers of one target. */
export interface AddressReport {
  readonly connected: number;
  readonly dropped: number;
  readonly refused: number;
  readonly counts: DeliveryCounts;
  /** Null where nothing was measured. */
  readonly latency: string | null;
}

/** What the timestamps in payloads told. */
export interface PayloadReport {
  /** Distinct contents with a timestamp of their emission. */
  readonly contents: number;
  readonly areWholeSeconds: boolean;
  readonly latency: string;
  /** The least time from timestamp to first arrival in each quarter of a second, in order. */
  readonly lags: readonly (readonly [slot: number, leastMs: number])[];
  /** How far this machine's own clock may have been read wrongly. */
  readonly clockErrorMs: number;
}

export type ReasonCount = readonly [reason: string, count: number];

export interface GeneratorResult {
  readonly counts: DeliveryCounts;
  /** Of each target, in the order of the configuration. */
  readonly addresses: readonly AddressReport[];
  readonly clients: {
    readonly connected: number;
    readonly silent: number;
    readonly thin: number;
    readonly websocket: number;
    readonly polling: number;
  };
  readonly refusals: readonly ReasonCount[];
  readonly drops: readonly ReasonCount[];
  /** Subscribers that the generator's own system had no room for. */
  readonly shortages: readonly ReasonCount[];
  readonly connect: string | null;
  /** Null where the stream was regenerated. */
  readonly payload: PayloadReport | null;
  readonly checkedDistinct: number;
  readonly violations: readonly CountedFault[];
  readonly divergences: readonly CountedFault[];
  readonly events: readonly (readonly [event: string, counts: EventCounts])[];
  readonly worst: readonly SubscriberReport[];
  readonly latencyMeans: readonly number[];
  /** Measured time without a processor. */
  readonly missedMs: number;
  readonly evidence: readonly string[];
}

export type FromGenerator =
  /** A frame of this instant fits nowhere: read the command log. */
  | { readonly type: "sync" }
  | { readonly type: "second"; readonly report: SecondReport; readonly batches: readonly BatchReport[] }
  /** Subscribers that are connected now, and those that will not be any more. */
  | { readonly type: "counts"; readonly connected: number; readonly lost: number }
  /** Every subscriber has reached the end of the stream. */
  | { readonly type: "drained" }
  | { readonly type: "result"; readonly result: GeneratorResult; readonly batches: readonly BatchReport[] }
  | { readonly type: "failed"; readonly message: string };
