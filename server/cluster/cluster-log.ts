/**
 * The ordered log of a member of a cluster: its state, carried by a Redis stream.
 *
 * What happens here is only what has to do with time and connections; every decision about order is the state's.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContractEvent } from "../../schemas/index.js";
import type { Command } from "../../simulator/index.js";
import type { Logger } from "../core/logger.js";
import { clearInterval, clearTimeout, monotonicMs, monotonicNs, setInterval, setTimeout } from "../core/timers.js";
import type { ClusterClock } from "./cluster-clock.js";
import { type Entry, type LeaderEntry, type Outcome, type PaceState, type Position, nextDueNs } from "./entry.js";
import { MemberState } from "./member-state.js";
import type { OrderedLog, Replica } from "./ordered-log.js";
import { RedisStream } from "./redis-stream.js";

export interface ClusterLogOptions {
  readonly redisUrl: string;
  /** Of the log. */
  readonly logId: string;
  readonly member: string;
  /** Where other members reach this one. */
  readonly url: string;
  readonly replica: Replica;
  readonly position: Position;
  readonly clock: ClusterClock;
  readonly logger: Logger;
  /** This member leads no longer. */
  readonly onDeposed: () => void;
  /** The own world is not the leader's: nothing is played any more. */
  readonly onLost: (reason: "gap" | "diverged") => void;
  /** The leader is silent, in this epoch. */
  readonly onSilence: (epoch: number) => void;
  /** Nothing has been heard for so long that nobody should be served; or something is heard again. */
  readonly onIsolation: (isIsolated: boolean) => void;
}

/** Entries that a leader may have undecided before its ticks wait. */
const inFlightMax = 16;
/** A leader is heard at least so often. */
const beatMs = 200;
/** A member that joins hears who leads within this time, also where the log is too short to say so. */
const announceMs = 2000;
const announcedMax = 16;
/** Silence after which another member takes over: within a second the anchors of the ticks stay. */
const silentMsMax = 700;
/** Silence after which subscribers are better served by another member. */
const isolatedMsMin = 5000;
const lookMs = 50;
const reachLookMs = 5;
const starvedMs = 4 * lookMs;

export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

export class ClusterLog implements OrderedLog {
  readonly #options: ClusterLogOptions;
  readonly #state: MemberState;
  readonly #stream: RedisStream;
  readonly #timer: NodeJS.Timeout;
  readonly #counts: Partial<Record<Outcome, number>> = {};
  #appendedMs = 0;
  #announcedMs = 0;
  /** When announcements were appended that have not come back. */
  readonly #announcedNs: bigint[] = [];
  #heardMs = monotonicMs();
  #lookedMs = monotonicMs();
  /** Since when a leader is waited for that is suspected next. */
  #patientMs = monotonicMs();
  #isIsolated = false;
  #leaderUrl: string | undefined;
  #isLost = false;
  #isClosed = false;
  #isConnected: boolean | undefined;
  #onElected: (() => void) | undefined;
  #settling: (() => void)[] = [];
  #question: Promise<string> | undefined;
  #isJoined = false;
  #hasFollowed = false;
  #joined: () => void = () => {};
  /** Resolves when everything that the log held at the start has been played. */
  readonly joined = new Promise<void>((resolve) => {
    this.#joined = () => {
      this.#isJoined = true;
      resolve();
    };
  });

  constructor(options: ClusterLogOptions) {
    this.#options = options;
    const { member, url, replica, position, redisUrl, logId } = options;
    this.#state = new MemberState({ member, url, replica, position });
    this.#stream = new RedisStream({
      url: redisUrl,
      key: `max:${logId}:log`,
      take: (entry) => this.#take(entry),
      onConnect: (isShortened) => this.#connected(isShortened),
      onDisconnect: (err) => {
        this.#state.disconnect();
        if (this.#isConnected === false || this.#isClosed) return;
        this.#isConnected = false;
        options.logger.warn({ err }, "there is no connection to Redis: the market stands still until there is one");
      },
    });
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  get isLeading(): boolean {
    return this.#state.isLeading;
  }

  get isAlive(): boolean {
    return this.#stream.isAlive && !this.#isLost;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  get position(): Position {
    return this.#state.position;
  }

  /** Where ticks go on. */
  get proposedTick(): number {
    return this.#state.proposedPosition.tick;
  }

  get leaderUrl(): string | undefined {
    return this.#leaderUrl;
  }

  get counts(): OutcomeCounts {
    return this.#counts;
  }

  /** Bytes of the entries that this member has appended. */
  get appendedBytes(): number {
    return this.#stream.appendedBytes;
  }

  /** For how long nothing has been heard of a leader, milliseconds. */
  get silentMs(): number {
    return this.#state.isLeading && this.#stream.isAlive ? 0 : monotonicMs() - this.#heardMs;
  }

  get hasRoom(): boolean {
    return this.#state.inFlight < inFlightMax;
  }

  /** Whether a leader has been there since this member joined: the market has not stood still. */
  get hasFollowed(): boolean {
    return this.#hasFollowed;
  }

  /** Announces this member as the leader. Resolves with whether the announcement has come back in time. */
  async campaign(epoch: number, waitMsMax: number): Promise<boolean> {
    const elected = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMsMax);
      this.#onElected = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    const { clock } = this.#options;
    this.#append(
      this.#state.campaign(epoch, clock.announce(waitMsMax, nextDueNs(this.#state.followedPace, this.#state.position))),
    );
    const isElected = await elected;
    if (!isElected) {
      this.#state.withdraw();
      clock.stopLeading();
    }
    return isElected;
  }

  /** @param unannounced durable commands after the own position */
  lead(unannounced: readonly { readonly command: Command; readonly acceptedNs: bigint }[]): void {
    this.#hasFollowed = true;
    this.#append(this.#state.lead(unannounced));
  }

  resign(): void {
    this.#append(this.#state.resign());
    this.#options.clock.stopLeading();
  }

  proposeTick(): void {
    this.#append(this.#state.proposeTick());
  }

  proposeCommand(command: Command, acceptedNs: bigint): void {
    this.#append(this.#state.proposeCommand(command, acceptedNs));
  }

  proposeSkip(toTick: number): void {
    this.#append(this.#state.proposeSkip(toTick));
  }

  proposePace(pace: PaceState): void {
    this.#append(this.#state.proposePace(pace));
  }

  broadcast(events: readonly ContractEvent[]): void {
    this.#append(this.#state.broadcast(events));
  }

  settled(): Promise<void> {
    if (this.#state.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settling.push(resolve);
    });
  }

  /** Resolves when this command has been played, or when this member does not lead any more. */
  async reach(sequence: number): Promise<void> {
    while (this.isLeading && this.position.sequence < sequence) await sleep(reachLookMs);
  }

  restore(position: Position): void {
    this.#state.restore(position);
  }

  /**
   * Resolves when this member has played everything that any member has played until now. One question to Redis serves
   * all that ask while it has not been sent.
   */
  async barrier(): Promise<void> {
    this.#question ??= Promise.resolve().then(() => {
      this.#question = undefined;
      return this.#stream.findLastId();
    });
    await this.#stream.reach(await this.#question);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#stream.close();
  }

  #connected(isShortened: boolean): readonly Entry[] {
    if (this.#isConnected === false) this.#options.logger.warn({}, "Redis is connected again");
    this.#isConnected = true;
    void this.#stream
      .findLastId()
      .then((id) => this.#stream.reach(id))
      .then(this.#joined, () => {});
    return this.#state.reconnect(isShortened);
  }

  #append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#appendedMs = monotonicMs();
    this.#stream.append(entries);
  }

  #take(entry: Entry): void {
    if (this.#isLost) return;
    const wasLeading = this.#state.isLeading;
    const isLive = this.#isJoined && entry.kind !== "broadcast";
    const outcome = this.#state.take(entry);
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
    if (outcome === "gap" || outcome === "diverged") {
      this.#isLost = true;
      this.#options.onLost(outcome);
      return;
    }
    if (outcome !== "void" && entry.kind !== "broadcast") this.#heardMs = monotonicMs();
    this.#hasFollowed ||= isLive && outcome !== "void" && this.#state.isFollowing;
    if (this.#state.isFollowing) this.#options.clock.stopLeading();
    if (entry.kind === "leader" && outcome !== "void") this.#takeLeader(entry, outcome === "elected");
    if (outcome === "elected") this.#onElected?.();
    if (wasLeading && !this.#state.isLeading) this.#options.onDeposed();
    if (this.#state.inFlight > 0) return;
    for (const resolve of this.#settling.splice(0)) resolve();
  }

  #takeLeader({ member, url, clock: origin }: LeaderEntry, isElected: boolean): void {
    const { clock, member: own } = this.#options;
    this.#leaderUrl = url;
    if (isElected && origin !== undefined) {
      clock.lead(origin);
    } else if (member !== own) {
      if (origin !== undefined) clock.follow(origin);
    } else {
      // It led for certain when it appended this. A lost one leaves its instant to the next, which is no harm.
      const announcedNs = this.#announcedNs.shift();
      if (announcedNs !== undefined) clock.confirm(announcedNs);
    }
  }

  #look(): void {
    const nowMs = monotonicMs();
    const sinceMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    // Whoever is starved of a processor cannot tell who is silent: what it could not hear is no silence.
    if (sinceMs > starvedMs) {
      this.#heardMs = Math.min(nowMs, this.#heardMs + sinceMs);
      this.#patientMs = nowMs;
    }
    this.#lookForIsolation();
    if (!this.#state.isFollowing) {
      if (nowMs - this.#announcedMs >= announceMs) {
        this.#announcedMs = nowMs;
        if (this.#announcedNs.length < announcedMax) this.#announcedNs.push(monotonicNs());
        this.#append(this.#state.announce());
      }
      if (nowMs - this.#appendedMs >= beatMs) this.#append(this.#state.beat());
      return;
    }
    const silentMs = nowMs - Math.max(this.#heardMs, this.#patientMs);
    if (!this.isAlive || silentMs < silentMsMax || this.#state.epoch === 0) return;
    this.#patientMs = nowMs;
    this.#options.onSilence(this.#state.epoch);
  }

  #lookForIsolation(): void {
    const isIsolated = this.silentMs > isolatedMsMin;
    if (isIsolated === this.#isIsolated) return;
    this.#isIsolated = isIsolated;
    this.#options.onIsolation(isIsolated);
  }
}
