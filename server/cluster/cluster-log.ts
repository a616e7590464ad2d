/**
 * The ordered log of a member of a cluster: its state, carried by a Redis stream, and by a row in Postgres where the
 * stream is away.
 *
 * What happens here is only what has to do with time and connections; every decision about order is the state's.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContractEvent } from "../../schemas/index.js";
import type { Command } from "../../simulator/index.js";
import type { Logger } from "../core/logger.js";
import { clearInterval, clearTimeout, monotonicMs, setInterval, setTimeout } from "../core/timers.js";
import type { ClusterClock } from "./cluster-clock.js";
import type { DecidedRow } from "./decided-row.js";
import { type Entry, type LeaderEntry, type Outcome, type PaceState, type Position, nextDueNs } from "./entry.js";
import { LeaderBeats } from "./leader-beats.js";
import { logKey } from "./log-key.js";
import type { MemberCounters, OutcomeCounts } from "./member-status.js";
import { MemberState } from "./member-state.js";
import type { OrderedLog, Replica } from "./ordered-log.js";
import type { PositionRow } from "../store/position-row.js";
import { FallbackPath } from "./fallback-path.js";
import { ReadBarrier } from "./read-barrier.js";
import { RedisStream } from "./redis-stream.js";
import { type LeaderFault, Silence } from "./silence.js";

export interface ClusterLogOptions {
  readonly redisUrl: string;
  readonly logId: string;
  readonly member: string;
  /** Where other members reach this one. */
  readonly url: string;
  readonly replica: Replica;
  readonly position: Position;
  readonly row: PositionRow;
  readonly clock: ClusterClock;
  readonly logger: Logger;
  /** This member leads no longer. */
  readonly onDeposed: () => void;
  /** The own world is not the leader's: nothing is played any more. */
  readonly onLost: (reason: "gap" | "diverged") => void;
  /** The leader of this epoch is not heard, or is heard and has no Postgres. */
  readonly onSuspicion: (epoch: number, fault: LeaderFault) => void;
  /** Whether nothing has been heard for so long that nobody should be served: told again and again. */
  readonly onIsolation: (isIsolated: boolean) => void;
}

/** Entries that a leader may have undecided before its ticks wait. */
const inFlightMax = 16;
const reachLookMs = 5;
const aliveMsMax = 450;

export class ClusterLog implements OrderedLog {
  readonly #options: ClusterLogOptions;
  readonly #state: MemberState;
  readonly #stream: RedisStream;
  readonly #fallback: FallbackPath;
  readonly #barrier: ReadBarrier;
  readonly #beats: LeaderBeats;
  readonly #silence = new Silence(monotonicMs());
  readonly #timer: NodeJS.Timeout;
  readonly #counts: Partial<Record<Outcome, number>> = {};
  #leaderUrl: string | undefined;
  #isLost = false;
  #isClosed = false;
  #isConnected: boolean | undefined;
  #onElected: (() => void) | undefined;
  #settling: (() => void)[] = [];
  /** Whether the stream has been read up to where it was when it was first connected. */
  #hasReadStream = false;
  #isJoined = false;
  #hasFollowed = false;
  #joined: () => void = () => {};
  /** Resolves when this member has played up to its cluster's present, by either path. */
  readonly joined = new Promise<void>((resolve) => {
    this.#joined = () => {
      this.#isJoined = true;
      resolve();
    };
  });

  constructor(options: ClusterLogOptions) {
    this.#options = options;
    const { member, url, replica, position, redisUrl, logId, row } = options;
    this.#state = new MemberState({ member, url, replica, position });
    this.#beats = new LeaderBeats(this.#state);
    this.#stream = new RedisStream({
      url: redisUrl,
      key: logKey(logId),
      take: (entry) => this.#take(entry),
      onConnect: (isShortened) => this.#connected(isShortened),
      onDisconnect: (err) => {
        this.#state.disconnect();
        if (this.#isConnected === false || this.#isClosed) return;
        this.#isConnected = false;
        options.logger.warn({ err }, "there is no connection to Redis: the market goes on by way of Postgres");
      },
    });
    const streamMs = (): number => this.#silence.streamMs(monotonicMs());
    this.#fallback = new FallbackPath({
      row,
      state: this.#state,
      isConnected: () => this.#stream.isConnected,
      streamMs,
      onRead: (decided, outcome, isNew) => this.#takeRow(decided, outcome, isNew),
      onWritten: () => this.#settle("row"),
      onUnwritten: (epoch) => options.onSuspicion(epoch, "withoutStore"),
      onRefused: () => {
        this.withdraw();
        options.onDeposed();
      },
    });
    this.#barrier = new ReadBarrier({ state: this.#state, stream: this.#stream, fallback: this.#fallback, streamMs });
    this.#timer = setInterval(() => this.#look(), this.#silence.lookMs).unref();
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

  get proposedTick(): number {
    return this.#state.proposedPosition.tick;
  }

  get leaderUrl(): string | undefined {
    return this.#leaderUrl;
  }

  get counts(): OutcomeCounts {
    return this.#counts;
  }

  /** Decisions of this member by the row, and its broadcasts that were given up while Redis was away. */
  get fallbackCounts(): Pick<MemberCounters, "fallbackDecisions" | "droppedBroadcasts"> {
    return { fallbackDecisions: this.#fallback.decisions, droppedBroadcasts: this.#state.broadcasts.dropped };
  }

  get appendedBytes(): number {
    return this.#stream.appendedBytes;
  }

  /** For how long nothing has been heard of a leader, milliseconds. */
  get silentMs(): number {
    const isHeard = this.#stream.isAlive || this.#fallback.silentMs < aliveMsMax;
    return this.#state.isLeading && isHeard ? 0 : this.#silence.ms(monotonicMs());
  }

  get hasRoom(): boolean {
    return this.#state.waiting.length < inFlightMax;
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
      this.#state.campaign(epoch, clock.announce(waitMsMax, nextDueNs(this.#state.told.pace, this.#state.position))),
    );
    const isElected = await elected;
    if (!isElected) this.withdraw();
    return isElected;
  }

  /** Gives up to lead. */
  withdraw(): void {
    this.#state.withdraw();
    this.#options.clock.stopLeading();
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
    this.#append(this.#state.broadcast(events, monotonicMs()));
  }

  settled(): Promise<void> {
    if (this.#state.waiting.length === 0) return Promise.resolve();
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
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#stream.rewind();
  }

  /** Resolves when what the row has by now is played: before its first proposal whoever leads must have read it. */
  catchUp(): Promise<void> {
    return this.#fallback.read();
  }

  /** Resolves when this member has played everything that any member has played until now. Rejects where it cannot tell. */
  async barrier(): Promise<void> {
    if (this.#isLost) throw new Error("This member has lost the log of its cluster.");
    await this.#barrier.pass();
  }

  /** Names that one member at a time can take. */
  get claims(): Pick<RedisStream, "claim" | "release"> {
    return this.#stream;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#fallback.close();
    await this.#stream.close();
  }

  #connected(isShortened: boolean): readonly Entry[] {
    if (this.#isConnected === false) this.#options.logger.warn({}, "Redis is connected again");
    this.#isConnected = true;
    void this.#readUpToNow().catch(() => {});
    return this.#state.reconnect(isShortened);
  }

  async #readUpToNow(): Promise<void> {
    await this.#stream.reach(await this.#stream.findLastId());
    this.#hasReadStream = true;
    this.#joined();
  }

  #append(entries: readonly Entry[]): void {
    this.#fallback.proposed();
    if (entries.length === 0) return;
    this.#beats.appended(monotonicMs());
    this.#stream.append(entries);
  }

  #take(entry: Entry): void | Promise<void> {
    if (this.#isLost) return undefined;
    // Who has joined by the row has subscribers already.
    if (entry.kind === "broadcast" && this.#isJoined && !this.#hasReadStream) {
      this.#state.broadcasts.take(entry);
      return undefined;
    }
    const wasLeading = this.#state.isLeading;
    const outcome = this.#state.take(entry);
    if (outcome === "gap") return this.#fillGap(entry);
    this.#taken(entry, outcome, wasLeading);
    return undefined;
  }

  async #fillGap(entry: Entry): Promise<void> {
    const wasLeading = this.#state.isLeading;
    await this.#fallback.read().catch(() => {});
    if (this.#isLost) return;
    const outcome = this.#state.take(entry);
    if (outcome === "gap") this.#state.lose(outcome);
    this.#taken(entry, outcome, wasLeading);
  }

  #taken(entry: Entry, outcome: Outcome, wasLeading: boolean): void {
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
    if (this.#settleOutcome(outcome, wasLeading)) return;
    if (outcome !== "void" && entry.kind !== "broadcast") this.#silence.heard("stream", monotonicMs());
    const isLive = this.#isJoined && entry.kind !== "broadcast" && outcome !== "void";
    this.#hasFollowed ||= isLive && this.#state.isFollowing;
    if (entry.kind === "leader" && outcome !== "void") this.#takeLeader(entry, outcome === "elected");
    if (outcome === "elected") this.#onElected?.();
    this.#settle();
  }

  #takeRow(row: DecidedRow, outcome: Outcome, isNew: boolean): void {
    if (this.#isLost) return;
    if (outcome === "gap" || outcome === "diverged") this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
    if (this.#settleOutcome(outcome, outcome === "deposed")) return;
    if (isNew) {
      this.#hasFollowed ||= this.#state.isFollowing;
      if (row.epoch >= this.#state.epoch && this.#state.isFollowing)
        this.#takeLeader({ kind: "leader", ...row }, false);
      if (!this.#stream.isConnected) this.#joined();
    }
    this.#settle(isNew ? "row" : undefined);
  }

  /** @returns whether the member is lost */
  #settleOutcome(outcome: Outcome, wasLeading: boolean): boolean {
    if (this.#state.isFollowing) this.#options.clock.stopLeading();
    if (wasLeading && !this.#state.isLeading) this.#options.onDeposed();
    if (outcome !== "gap" && outcome !== "diverged") return false;
    this.#isLost = true;
    this.#options.onLost(outcome);
    return true;
  }

  /** @param path by which the leader was heard */
  #settle(path?: "row"): void {
    if (path !== undefined) this.#silence.heard(path, monotonicMs());
    if (this.#state.waiting.length > 0) return;
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
      this.#beats.confirm(clock);
    }
  }

  #look(): void {
    const nowMs = monotonicMs();
    this.#silence.look(nowMs);
    this.#state.expire(nowMs);
    this.#options.onIsolation(this.silentMs > 0 && this.#silence.isIsolated(nowMs));
    if (!this.#state.isFollowing) return this.#append(this.#beats.due(nowMs));
    if (this.isAlive && this.#state.epoch > 0 && this.#silence.suspects(nowMs))
      this.#options.onSuspicion(this.#state.epoch, "silent");
  }
}
