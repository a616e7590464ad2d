/**
 * The one monotonic clock of a cluster, over hosts: that of its first leader, which every member knows within bounds.
 *
 * A leader's clock is its host's, moved by a constant that its `leader` entry announces. Followers bound their
 * difference to it by round trips. A new leader goes on with its own difference, so the clock is moved by what it did
 * not know of it, and by no more. Whatever a member tells of time comes from `nowNs`.
 */
import { randomUUID } from "node:crypto";
import { type Clock, ClockBounds, driftMax } from "../../simulator/index.js";
import type { ClockOrigin } from "./entry.js";

/** An answer of the leader. */
export interface LeaderReading {
  readonly leaderNs: bigint;
  /** On the own host's clock. */
  readonly sentNs: bigint;
  readonly receivedNs: bigint;
}

export interface ClusterClockOptions {
  /** Equal where two members read one and the same clock. */
  readonly hostId: string;
  /** The own host's. */
  readonly clock: Clock;
}

/** The cluster's clock minus the own host's, and by how much it may be off. */
interface Offset {
  readonly aheadNs: bigint;
  readonly uncertaintyNs: number;
}

/** What sums of milliseconds as doubles may be off by, where clocks are years apart. */
const roundingNs = 100;
/** Whoever knew the clock would lead by then. */
const forgottenMs = 2000;
/** By so much the clock waits rather than to run backwards; what is more is a clock that was moved. */
const waitNsMax = 1_000_000_000n;

export class ClusterClock implements Clock {
  readonly schedule: Clock["schedule"];
  readonly #hostId: string;
  readonly #clock: Clock;
  /** Of the present leader. */
  #origin: ClockOrigin | undefined;
  /** The leader's clock minus the own host's. */
  readonly #bounds = new ClockBounds();
  #isLeading = false;
  /** When this member led for certain, on the own host's clock. */
  #ledNs = 0n;
  #announcedNs = 0n;
  #toldNs: bigint | undefined;
  #uncertaintyNs = 0;

  constructor({ hostId, clock }: ClusterClockOptions) {
    this.#hostId = hostId;
    this.#clock = clock;
    this.schedule = clock.schedule;
  }

  /** False before the leader has been asked. */
  get isKnown(): boolean {
    return this.#origin !== undefined && (this.#isLeading || this.#bounds.isBounded);
  }

  /** The cluster's clock; the own host's while it is not known. */
  nowNs(): bigint {
    const localNs = this.#clock.nowNs();
    const { aheadNs, uncertaintyNs } = this.#offset(localNs);
    const nowNs = localNs + aheadNs;
    const toldNs = this.#toldNs ?? nowNs;
    const waitNs = toldNs > nowNs && toldNs - nowNs <= waitNsMax ? toldNs - nowNs : 0n;
    this.#toldNs = nowNs + waitNs;
    this.#uncertaintyNs = uncertaintyNs + Number(waitNs);
    return this.#toldNs;
  }

  /** By how much the last `nowNs` may be off, either way. */
  get uncertaintyNs(): number {
    return this.#uncertaintyNs;
  }

  /** Another member leads. */
  follow(origin: ClockOrigin): void {
    const before = this.#origin;
    this.stopLeading();
    this.#origin = origin;
    if (before?.id === origin.id) {
      const movedNs = origin.uncertaintyNs - before.uncertaintyNs;
      if (movedNs > 0) this.#bounds.widen(movedNs / 1e6);
    } else {
      this.#bounds.clear();
      this.#toldNs = undefined;
    }
  }

  /** @param origin of the leader that was asked: an answer of the one before says nothing of the present one's clock */
  take({ leaderNs, sentNs, receivedNs }: LeaderReading, origin: ClockOrigin): void {
    if (origin !== this.#origin || this.#isLeading) return;
    // Before it, nothing was known of the clock.
    if (!this.#bounds.isBounded) this.#toldNs = undefined;
    this.#bounds.add({ otherMs: toMs(leaderNs), sentMs: toMs(sentNs), receivedMs: toMs(receivedNs) });
  }

  /**
   * Whether this member may lead: it knows the clock, or nobody does.
   *
   * @param silentMs for how long nothing has been heard of a leader
   */
  mayLead(silentMs: number): boolean {
    const isNobodys = this.#origin === undefined || silentMs > forgottenMs;
    return isNobodys || this.isKnown || this.#origin?.hostId === this.#hostId;
  }

  /** The origin of the present leader's clock; undefined while nobody else is known to lead. */
  get followed(): ClockOrigin | undefined {
    return this.#isLeading ? undefined : this.#origin;
  }

  /**
   * The clock as this member would lead by it.
   *
   * @param withinMs how long it may take until it leads
   * @param nextNs what the cluster's clock is to show now where nobody knows it any more @default as the own host's
   */
  announce(withinMs: number, nextNs?: bigint): ClockOrigin {
    const localNs = this.#clock.nowNs();
    this.#announcedNs = localNs;
    const origin = this.#origin;
    if (origin === undefined || !(this.isKnown || origin.hostId === this.#hostId))
      return {
        id: randomUUID(),
        hostId: this.#hostId,
        aheadNs: nextNs === undefined ? 0n : nextNs - localNs,
        uncertaintyNs: 0,
      };
    const { aheadNs, uncertaintyNs } = this.#offset(localNs);
    if (uncertaintyNs === origin.uncertaintyNs) return origin;
    const driftNs = Math.ceil(withinMs * driftMax * 1e6);
    return { id: origin.id, hostId: this.#hostId, aheadNs, uncertaintyNs: uncertaintyNs + driftNs };
  }

  /** @param origin as it was announced */
  lead(origin: ClockOrigin): void {
    this.#origin = origin;
    this.#isLeading = true;
    this.confirm(this.#announcedNs);
  }

  /** @param atNs when this member led for certain, on the own host's clock */
  confirm(atNs: bigint): void {
    if (atNs > this.#ledNs) this.#ledNs = atNs;
  }

  /** Its own clock is all that it knows of the cluster's: since it led, another one may have begun to. */
  stopLeading(): void {
    if (!this.#isLeading || this.#origin === undefined) return;
    this.#isLeading = false;
    const localMs = toMs(this.#ledNs);
    this.#bounds.clear();
    this.#bounds.add({ otherMs: toMs(this.#ledNs + this.#origin.aheadNs), sentMs: localMs, receivedMs: localMs });
  }

  #offset(localNs: bigint): Offset {
    const origin = this.#origin;
    if (origin === undefined) return { aheadNs: 0n, uncertaintyNs: 0 };
    const { aheadNs, uncertaintyNs } = origin;
    const { lowMs, highMs } = this.#bounds.at(toMs(localNs));
    const isOwn = origin.hostId === this.#hostId && toMs(aheadNs) >= lowMs && toMs(aheadNs) <= highMs;
    if (this.#isLeading || isOwn) return { aheadNs, uncertaintyNs };
    if (!this.#bounds.isBounded) return { aheadNs: 0n, uncertaintyNs: 0 };
    return {
      aheadNs: BigInt(Math.round(((lowMs + highMs) / 2) * 1e6)),
      uncertaintyNs: uncertaintyNs + Math.ceil(((highMs - lowMs) / 2) * 1e6) + roundingNs,
    };
  }
}

function toMs(ns: bigint): number {
  return Number(ns) / 1e6;
}
