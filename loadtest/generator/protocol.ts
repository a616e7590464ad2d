/**
 * What the controller (one) and the generators (one for each worker process) say to each other.
 * Plain data: it crosses a process boundary. All instants are on the monotonic clock of the host that
 * reads them: between hosts `agents/` converts them.
 */
import type { DropManner } from "../clients/subscriber.js";
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { SubscriberTarget } from "../core/target.js";
import type { ContentFault } from "../oracle/content.js";
import type { DeliveryCounts } from "../oracle/delivery-counts.js";
import type { StreamUpdate } from "../oracle/regenerated-stream.js";
import type { StreamAgreement, StreamProposal } from "../oracle/stream-proposal.js";
import type { AddressPlan } from "./shares.js";

export interface GeneratorConfig {
  readonly index: number;
  /** One server, or members of a cluster: subscribers are spread evenly over them. */
  readonly targets: readonly SubscriberTarget[];
  /** Index of the one that the first subscriber of this generator connects to: remainders go to different ones. */
  readonly firstTarget: number;
  /** The stream is learned from the subscribers, because nobody can regenerate it. */
  readonly learning: boolean;
  /** Other generators learn the same stream: what it was is decided with the votes of their subscribers. */
  readonly agreeing: boolean;
  /** Real clients among the first subscribers of this generator. */
  readonly control: { readonly websocket: number; readonly polling: number };
  readonly slowReaders: { readonly share: number; readonly pauseMs: number; readonly everyMs: number } | undefined;
  /** Loopback addresses to connect from. */
  readonly sources: AddressPlan;
  /** Subscribers that may be connecting at once. */
  readonly connectingMax: number;
  /** Milliseconds after which a subscriber that has no session is refused. */
  readonly sessionTimeoutMs: number;
  /** The thin subscribers offer permessage-deflate. */
  readonly compression: boolean;
  /** Stay awake while a tick arrives: the server is on this machine, and a core is left for it. */
  readonly busyPolling: boolean;
}

export type ToGenerator =
  | StreamUpdate
  /** Go to this many subscribers, evenly over the time. */
  | { readonly type: "scale"; readonly count: number; readonly overMs: number }
  /** Close this many and open as many new ones. */
  | { readonly type: "replace"; readonly count: number }
  /** Cut this many off, for so long. */
  | { readonly type: "drop"; readonly count: number; readonly offlineMs: number; readonly how: DropManner }
  /** Who is dropped from now on is dropped by a restart of the server, and tries to come back. */
  | { readonly type: "restart"; readonly stage: number; readonly fromMs: number }
  /** Who is dropped from now on is a finding again. */
  | { readonly type: "restarted" }
  /** Latencies from payloads' timestamps are recorded with `payloadShiftMs` added. */
  | { readonly type: "measure"; readonly fromMs: number; readonly toMs: number; readonly payloadShiftMs: number }
  /** A measured stage begins. */
  | { readonly type: "stage"; readonly index: number; readonly fromMs: number }
  /** What became of the frames that generators proposed. */
  | { readonly type: "agreement"; readonly agreement: StreamAgreement }
  /** Report what there is so far. */
  | { readonly type: "interim" }
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
  /** What makes its figures untrustworthy by now. */
  readonly evidence: readonly string[];
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

/** Encoded histograms. */
export interface LatencyReport {
  readonly events: readonly (readonly [event: string, latency: string])[];
  /** By index of the measured stages. */
  readonly stages: readonly (readonly [stage: number, latency: string])[];
}

/** The subscribers of one kind. */
export interface TransportReport {
  readonly transport: SubscriberKind;
  readonly connected: number;
  readonly counts: DeliveryCounts;
  /** Null where nothing was measured; of the thin ones, which are what is left of all. */
  readonly latency: string | null;
}

/** What became of its subscribers at a restart of the server. */
export interface RestartReport {
  /** Index of the measured stage. */
  readonly stage: number;
  readonly dropped: number;
  readonly resumed: number;
  readonly missed: number;
  /** From the beginning of the restart; encoded. */
  readonly back: string;
}

/** What a generator took over the measured time. */
export interface GeneratorCost {
  readonly elapsedMs: number;
  /** Processor time of its process. */
  readonly cpuMs: number;
  readonly deliveries: number;
  /** Bytes that thin subscribers read, and what they were delivered. */
  readonly thinBytes: number;
  readonly thinDeliveries: number;
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
    /** Thin ones for which permessage-deflate was agreed. */
    readonly compressed: number;
    readonly websocket: number;
    readonly polling: number;
  };
  readonly absences: {
    readonly dropped: number;
    readonly returned: number;
    readonly resumed: number;
    /** Encoded. */
    readonly back: string;
    readonly replay: string;
  };
  readonly restarts: readonly RestartReport[];
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
  /** By index of the measured stages. */
  readonly stages: readonly (readonly [stage: string, counts: EventCounts])[];
  readonly latencies: LatencyReport;
  /** Latencies to the earliest instants at which deliveries can have arrived; encoded, null where nothing was measured. */
  readonly arrival: string | null;
  readonly transports: readonly TransportReport[];
  readonly worst: readonly SubscriberReport[];
  readonly latencyMeans: readonly number[];
  /** Null where nothing was measured. */
  readonly cost: GeneratorCost | null;
  /** Measured time without a processor. */
  readonly missedMs: number;
  readonly evidence: readonly string[];
}

export type FromGenerator =
  /** What its subscribers received of the stream, as far as all are beyond it. */
  | { readonly type: "proposal"; readonly proposal: StreamProposal }
  /** A frame of this instant fits nowhere: read the command log. */
  | { readonly type: "sync" }
  | { readonly type: "second"; readonly report: SecondReport; readonly batches: readonly BatchReport[] }
  /** Subscribers that are connected now, and those that will not be any more. */
  | { readonly type: "counts"; readonly connected: number; readonly lost: number }
  /** Every subscriber has reached the end of the stream. */
  | { readonly type: "drained" }
  | { readonly type: "interim"; readonly result: GeneratorResult }
  | { readonly type: "result"; readonly result: GeneratorResult; readonly batches: readonly BatchReport[] }
  | { readonly type: "failed"; readonly message: string };
