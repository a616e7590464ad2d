/**
 * What a member does with each entry of the ordered log: everything about order, epochs, repetition and divergence.
 *
 * Pure: entries, rows and events of the connection come in, and entries to append come out. Only what is decided is
 * played: a leader, too, plays its own entries when the log gives them back. All read one order, so all decide alike:
 *
 * - An entry of an epoch lower than the highest one seen earlier in the log is void.
 * - One at or below the own position is a repetition: equal positions are equal bytes.
 * - One that does not follow is played after what the row of the fallback path has before it. Where that has nothing,
 *   or the digests differ, this member has lost the log, and plays nothing more until it is restored from the store.
 *
 * Two paths decide: the stream, and the row in the store, which only the leader of the store's epoch can write. A move
 * gets its place once, before either has it, and passes through one gate. Nobody leads before its announcement has come
 * back through the stream and it has read the row: it has then played all that any leader before it has decided.
 */
import type { ContractEvent } from "../../schemas/index.js";
import type { Command } from "../../simulator/index.js";
import {
  type BroadcastEntry,
  type ClockOrigin,
  type Entry,
  type LeaderEntry,
  type MoveEntry,
  type Outcome,
  type PaceState,
  type Position,
  isSamePlace,
  placeAfter,
} from "./entry.js";
import { Broadcasts } from "./broadcasts.js";
import { type DecidedRow, addMoves, isWithin, movesOf } from "./decided-row.js";
import { MoveGate, type Path } from "./move-gate.js";
import type { Replica } from "./ordered-log.js";
import { ToldPace } from "./told-pace.js";

type Role = "follower" | "candidate" | "elected" | "leader";

export interface MemberOptions {
  /** Unique among all members and runs of them. */
  readonly member: string;
  readonly url: string;
  readonly replica: Replica;
  /** Where the replica's world is. */
  readonly position: Position;
  /** @default one of its own */
  readonly gate?: MoveGate;
  /** @default none is told yet */
  readonly told?: ToldPace;
  /** @default none is seen yet */
  readonly broadcasts?: Broadcasts;
}

export class MemberState {
  protected readonly member: string;
  protected readonly url: string;
  protected readonly replica: Replica;
  /** The highest one seen in the log. */
  protected epochSeen = 0;
  protected role: Role = "follower";
  /** Of this member as candidate or leader. */
  protected ownEpoch = 0;
  protected clock: ClockOrigin | undefined;
  /** Through which every move passes. */
  protected readonly gate: MoveGate;
  /** Where the world will be when all that this leader has proposed is decided. */
  protected proposed: Position;
  /** Proposed and not decided yet, in its order. That order is never changed. */
  protected undecided: MoveEntry[] = [];
  readonly told: ToldPace;
  readonly broadcasts: Broadcasts;
  /** False from a connection that broke to `reconnect`: what is appended meanwhile would overtake what was lost. */
  protected isConnected = true;
  protected lost: "gap" | "diverged" | undefined;

  constructor({ member, url, replica, position, gate, told, broadcasts }: MemberOptions) {
    this.member = member;
    this.url = url;
    this.replica = replica;
    this.gate = gate ?? new MoveGate(replica, position);
    this.told = told ?? new ToldPace();
    this.broadcasts = broadcasts ?? new Broadcasts(member);
    this.proposed = position;
  }

  get position(): Position {
    return this.gate.position;
  }

  /** The position that what is proposed next will follow. */
  get proposedPosition(): Position {
    return this.proposed;
  }

  get epoch(): number {
    return this.epochSeen;
  }

  get isLeading(): boolean {
    return this.role === "leader";
  }

  /** Whether another member leads, or nobody. */
  get isFollowing(): boolean {
    return this.role === "follower";
  }

  /** What is proposed and not decided, in its order. */
  get waiting(): readonly MoveEntry[] {
    return this.undecided;
  }

  /** Why nothing is played any more, or undefined. */
  get isLost(): "gap" | "diverged" | undefined {
    return this.lost;
  }

  /** The store's lock is held, in an epoch that it gave: announces it. To lead, the announcement must come back. */
  campaign(epoch: number, clock?: ClockOrigin): readonly Entry[] {
    this.role = "candidate";
    this.ownEpoch = epoch;
    this.clock = clock;
    this.undecided = [];
    return this.ready([this.leaderEntry()]);
  }

  /** Gives up: the announcement has not come back in time, the lock is lost, or the row is another leader's. */
  withdraw(): void {
    if (this.role !== "follower") this.follow();
  }

  /**
   * Begins to lead, after "elected".
   *
   * @param unannounced durable commands that come after the own position: a leader died before it announced them
   */
  lead(unannounced: readonly { readonly command: Command; readonly acceptedNs: bigint }[]): readonly Entry[] {
    if (this.role !== "elected") return [];
    this.role = "leader";
    this.proposed = this.position;
    // What was read between the announcement and its return may have changed the pace.
    const entries: Entry[] = [...this.owed(), ...this.proposePace(this.told.pace)];
    for (const { command, acceptedNs } of unannounced) entries.push(...this.proposeCommand(command, acceptedNs));
    return entries;
  }

  /** The next tick, where this member leads. */
  proposeTick(): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({ kind: "tick", epoch: this.ownEpoch, tick: tick + 1, sequence, check: this.gate.check });
  }

  /** Gives a durable command its place: after everything that was proposed before it. */
  proposeCommand(command: Command, acceptedNs: bigint): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({
      kind: "command",
      epoch: this.ownEpoch,
      tick,
      sequence: sequence + 1,
      check: this.gate.check,
      command,
      acceptedNs,
    });
  }

  /** The ticks up to this one, silently. */
  proposeSkip(toTick: number): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({ kind: "skip", epoch: this.ownEpoch, tick, sequence, toTick, check: this.gate.check });
  }

  proposePace(pace: PaceState): readonly Entry[] {
    if (this.role !== "leader") return [];
    this.told.tell(pace, this.ownEpoch);
    return this.ready([{ kind: "pace", epoch: this.ownEpoch, pace, paceNumber: this.told.number }]);
  }

  /** Also before `lead`: whoever waits for this member's first tick hears that it is there. */
  beat(): readonly Entry[] {
    return this.role === "leader" || this.role === "elected"
      ? this.ready([{ kind: "beat", epoch: this.ownEpoch }])
      : [];
  }

  /** Announces once more who leads, and how ticks are paced: the log may have lost where that was said. */
  announce(): readonly Entry[] {
    return this.role === "leader" ? this.ready([this.leaderEntry()]) : [];
  }

  /** Call it when nothing is in flight. */
  resign(): readonly Entry[] {
    if (this.role !== "leader") return [];
    this.role = "follower";
    return this.ready([{ kind: "resign", epoch: this.ownEpoch }]);
  }

  /** What application code of this member broadcasts. Without a connection it waits for one, within bounds. */
  broadcast(events: readonly ContractEvent[], nowMs: number): readonly Entry[] {
    const entry = this.broadcasts.add(events, nowMs);
    this.expire(nowMs);
    return this.ready([entry]);
  }

  /** Gives up broadcasts that have waited for a connection for too long. */
  expire(nowMs: number): void {
    if (!this.isConnected) this.broadcasts.trim(nowMs);
  }

  /** The connection broke: nothing is appended before `reconnect`. */
  disconnect(): void {
    this.isConnected = false;
  }

  /**
   * The connection is there again. What may have been lost is appended once more, in its order; what was not lost is a
   * repetition.
   *
   * @param isShortened whether the log may have lost entries that somebody has read; it is then to be read from its beginning
   */
  reconnect(isShortened: boolean): readonly Entry[] {
    this.isConnected = true;
    if (isShortened) this.gate.owe();
    const announcements = this.role === "candidate" || this.role === "leader" ? [this.leaderEntry()] : [];
    const moves = this.role === "leader" ? [...this.owed(), ...this.undecidedAgain()] : [];
    return [...announcements, ...moves, ...this.broadcasts.waiting];
  }

  /** The world was loaded anew from the store, or moved by its owner: another past. */
  restore(position: Position): void {
    this.gate.restore(position);
    this.proposed = position;
    this.undecided = [];
    this.lost = undefined;
  }

  /** What is missing before an entry is nowhere: nothing is played any more until `restore`. */
  lose(reason: "gap" | "diverged"): void {
    this.lost = reason;
    if (this.role !== "follower") this.follow();
  }

  /**
   * What this leader is to write to the row; undefined where it does not lead.
   *
   * @param isDeciding whether all that it has proposed is to be decided by it, rather than by the stream
   */
  row(isDeciding: boolean): DecidedRow | undefined {
    if (this.role !== "leader") return undefined;
    const { kind: _kind, ...leader } = this.leaderEntry();
    const stretches = this.gate.stretches.slice();
    addMoves(stretches, isDeciding ? this.undecided : []);
    return { ...leader, ...(isDeciding ? this.proposed : this.position), check: this.gate.check, stretches };
  }

  /** The row is written, while no later epoch had begun: what it has is decided. */
  takeWritten(row: DecidedRow): void {
    if (this.role !== "leader" || row.epoch !== this.ownEpoch) return;
    for (const move of this.undecided.slice()) if (isWithin(move, row)) this.takeMove(move, "row");
  }

  /**
   * Plays up to a row that was read.
   *
   * @param commands the durable ones after the own position, by sequence
   */
  takeRow(row: DecidedRow, commands: ReadonlyMap<number, Command>): Outcome {
    if (this.lost !== undefined) return this.lost;
    const isDeposed = row.epoch > this.ownEpoch && this.role !== "follower";
    if (isDeposed) this.follow();
    const before = this.position;
    for (const move of movesOf(row, before, commands)) {
      const outcome = this.takeMove(move, "row");
      if (outcome === "gap" || outcome === "diverged") return outcome;
    }
    if (this.gate.differs(row.check)) {
      this.lose("diverged");
      return "diverged";
    }
    // All that an earlier epoch has decided lies before.
    this.epochSeen = Math.max(this.epochSeen, row.epoch);
    this.setPace(row, true);
    if (isDeposed) return "deposed";
    return this.position === before ? "repeated" : "applied";
  }

  /** The next entry of the log. Its id is to be remembered after that: what is read twice is a repetition. */
  take(entry: Entry): Outcome {
    if (this.lost !== undefined) return this.lost;
    if (entry.kind === "broadcast") return this.takeBroadcast(entry);
    if (this.isVoid(entry.epoch)) return "void";
    const isDeposed = entry.epoch > this.ownEpoch && this.role !== "follower";
    if (isDeposed) this.follow();
    this.epochSeen = Math.max(this.epochSeen, entry.epoch);
    const outcome = this.takeValid(entry);
    return isDeposed && outcome !== "diverged" && outcome !== "gap" ? "deposed" : outcome;
  }

  private takeValid(entry: Exclude<Entry, BroadcastEntry>): Outcome {
    switch (entry.kind) {
      case "leader":
        return this.takeLeader(entry);
      case "pace":
        this.setPace(entry, true);
        return "noted";
      case "beat":
        return "noted";
      case "resign":
        return "resigned";
      default:
        return this.takeMove(entry, "stream");
    }
  }

  private takeLeader(entry: LeaderEntry): Outcome {
    const { epoch, member } = entry;
    if (member === this.member && epoch === this.ownEpoch && this.role === "candidate") {
      this.role = "elected";
      return "elected";
    }
    if (member !== this.member) this.setPace(entry, false);
    return "noted";
  }

  private setPace(told: Pick<LeaderEntry, "epoch" | "pace" | "paceNumber">, isLeaders: boolean): void {
    if (this.role !== "leader" && this.told.take(told, isLeaders)) this.replica.setPace(told.pace);
  }

  protected takeMove(entry: MoveEntry, path: Path): Outcome {
    const outcome = this.gate.take(entry, path);
    if (outcome === "diverged") this.lose(outcome);
    if (outcome === "applied")
      this.undecided = this.undecided.filter((own) => own.kind !== entry.kind || !isSamePlace(own, entry));
    return outcome;
  }

  protected isVoid(epoch: number): boolean {
    return epoch < this.epochSeen;
  }

  private takeBroadcast(entry: BroadcastEntry): Outcome {
    if (!this.broadcasts.take(entry)) return "repeated";
    this.replica.broadcast(entry);
    return "applied";
  }

  /** Another member leads: what this one proposed and was not decided is void. */
  protected follow(): void {
    if (this.role === "leader") this.told.forget();
    this.role = "follower";
    this.undecided = [];
    this.proposed = this.position;
  }

  protected propose(entry: MoveEntry): readonly Entry[] {
    if (this.role !== "leader") return [];
    this.proposed = placeAfter(entry);
    this.undecided.push(entry);
    return this.ready([entry]);
  }

  /** The latest moves as this leader announces them once more, where the log has lost some. */
  protected owed(): readonly Entry[] {
    return this.ready(this.gate.owed(this.ownEpoch));
  }

  protected undecidedAgain(): readonly MoveEntry[] {
    return this.undecided;
  }

  private leaderEntry(): LeaderEntry {
    const { ownEpoch: epoch, member, url, clock } = this;
    const { pace, number: paceNumber } = this.told;
    return { kind: "leader", epoch, member, url, pace, paceNumber, ...(clock && { clock }) };
  }

  private ready(entries: readonly Entry[]): readonly Entry[] {
    return this.isConnected ? entries : [];
  }
}
