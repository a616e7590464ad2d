/**
 * What a member does with each entry of the ordered log: everything about order, epochs, repetition and divergence.
 *
 * Pure: entries, positions and events of the connection come in, and entries to append come out as results. What is
 * decided is played on the `Replica`, and nothing else is: a leader, too, plays its own entries only when the log gives
 * them back. All members read one order, so all decide alike:
 *
 * - An entry of an epoch lower than the highest one seen earlier in the log is void.
 * - One at or below the own position is a repetition and is ignored: equal positions are equal bytes.
 * - One that does not follow the own position, or whose digest differs from the own one, means that this member has
 *   lost the log. It plays nothing more until it is restored from the store.
 */
import type { ContractEvent } from "../../schemas/index.js";
import type { Command } from "../../simulator/index.js";
import {
  type BroadcastEntry,
  type ClockOrigin,
  type DigestCheck,
  type Entry,
  type LeaderEntry,
  type MoveEntry,
  type Outcome,
  type PaceState,
  type Position,
  isSamePlace,
  placeBefore,
} from "./entry.js";
import type { Replica } from "./ordered-log.js";

/** Digests of latest positions that are kept to compare with, and latest moves that can be announced once more. */
const keptMax = 512;

type Role = "follower" | "candidate" | "elected" | "leader";

export interface MemberOptions {
  /** Unique among all members and runs of them. */
  readonly member: string;
  readonly url: string;
  readonly replica: Replica;
  /** Where the replica's world is. */
  readonly position: Position;
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
  protected reached: Position;
  /** Where the world will be when all that this leader has proposed is decided. */
  protected proposed: Position;
  /** Proposed and not decided yet, in its order. That order is never changed. */
  protected undecided: MoveEntry[] = [];
  /** The latest moves that were played. */
  protected played: MoveEntry[] = [];
  /** Of the latest positions, this one's last. */
  protected digests: DigestCheck[] = [];
  /** The number of the last broadcast, by member. */
  protected readonly broadcasts = new Map<string, number>();
  /** Own ones that have not come back yet. */
  protected unseen: BroadcastEntry[] = [];
  protected broadcastNumber = 0;
  protected pace: PaceState = { playing: false, speed: 1, slips: 0, anchors: [] };
  /** False from a connection that broke to `reconnect`: what is appended meanwhile would overtake what was lost. */
  protected isConnected = true;
  /** Entries were lost that this member has read, and perhaps nobody else. Until the log goes on, a leader announces them. */
  protected owesPlayed = false;
  protected lost: "gap" | "diverged" | undefined;

  constructor({ member, url, replica, position }: MemberOptions) {
    this.member = member;
    this.url = url;
    this.replica = replica;
    this.reached = position;
    this.proposed = position;
    this.noteDigest();
  }

  get position(): Position {
    return this.reached;
  }

  /** The position that what is proposed next will follow. */
  get proposedPosition(): Position {
    return this.proposed;
  }

  get followedPace(): PaceState {
    return this.pace;
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

  /** Entries that were proposed and have not been decided. */
  get inFlight(): number {
    return this.undecided.length;
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

  /** Gives up being a candidate: the announcement has not come back in time, or the lock is lost. */
  withdraw(): void {
    if (this.role === "candidate" || this.role === "elected") this.role = "follower";
  }

  /**
   * Begins to lead, after "elected".
   *
   * @param unannounced durable commands that come after the own position: a leader died before it announced them
   */
  lead(unannounced: readonly { readonly command: Command; readonly acceptedNs: bigint }[]): readonly Entry[] {
    if (this.role !== "elected") return [];
    this.role = "leader";
    this.proposed = this.reached;
    // What was read between the announcement and its return may have changed the pace.
    const entries: Entry[] = [...this.owed(), ...this.proposePace(this.pace)];
    for (const { command, acceptedNs } of unannounced) entries.push(...this.proposeCommand(command, acceptedNs));
    return entries;
  }

  /** The next tick, where this member leads. */
  proposeTick(): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({ kind: "tick", epoch: this.ownEpoch, tick: tick + 1, sequence, check: this.check() });
  }

  /** Gives a durable command its place: after everything that was proposed before it. */
  proposeCommand(command: Command, acceptedNs: bigint): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({
      kind: "command",
      epoch: this.ownEpoch,
      tick,
      sequence: sequence + 1,
      check: this.check(),
      command,
      acceptedNs,
    });
  }

  /** The ticks up to this one, silently. */
  proposeSkip(toTick: number): readonly Entry[] {
    const { tick, sequence } = this.proposed;
    return this.propose({ kind: "skip", epoch: this.ownEpoch, tick, sequence, toTick, check: this.check() });
  }

  proposePace(pace: PaceState): readonly Entry[] {
    if (this.role !== "leader") return [];
    this.pace = pace;
    return this.ready([{ kind: "pace", epoch: this.ownEpoch, pace }]);
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

  /** What application code of this member broadcasts. */
  broadcast(events: readonly ContractEvent[]): readonly Entry[] {
    this.broadcastNumber += 1;
    const entry: BroadcastEntry = { kind: "broadcast", member: this.member, number: this.broadcastNumber, events };
    this.unseen.push(entry);
    return this.ready([entry]);
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
    this.owesPlayed ||= isShortened;
    const announcements = this.role === "candidate" || this.role === "leader" ? [this.leaderEntry()] : [];
    const moves = this.role === "leader" ? [...this.owed(), ...this.undecidedAgain()] : [];
    return [...announcements, ...moves, ...this.unseen];
  }

  /** The world was loaded anew from the store, or moved by its owner: another past. */
  restore(position: Position): void {
    this.reached = position;
    this.proposed = position;
    this.undecided = [];
    this.played = [];
    this.digests = [];
    this.noteDigest();
    this.lost = undefined;
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
        this.setPace(entry.pace);
        return "noted";
      case "beat":
        return "noted";
      case "resign":
        return "resigned";
      default:
        return this.takeMove(entry);
    }
  }

  private takeLeader({ epoch, member, pace }: LeaderEntry): Outcome {
    if (member === this.member && epoch === this.ownEpoch && this.role === "candidate") {
      this.role = "elected";
      return "elected";
    }
    if (member !== this.member) this.setPace(pace);
    return "noted";
  }

  private setPace(pace: PaceState): void {
    if (this.role === "leader") return;
    this.pace = pace;
    this.replica.setPace(pace);
  }

  private takeMove(entry: MoveEntry): Outcome {
    if (this.isRepeated(entry)) return "repeated";
    const fault = this.faultOf(entry);
    if (fault !== undefined) {
      this.lost = fault;
      return fault;
    }
    this.undecided = this.undecided.filter((own) => own.kind !== entry.kind || !isSamePlace(own, entry));
    this.play(entry);
    return "applied";
  }

  /** Why the entry cannot be played on the own world, or undefined. */
  protected faultOf(entry: MoveEntry): "gap" | "diverged" | undefined {
    const { tick, sequence } = this.reached;
    const before = placeBefore(entry);
    // Whoever joins amid a skip has loaded a world from the middle of it.
    const isWithin = entry.kind === "skip" && before.tick < tick && tick < entry.toTick;
    if ((before.tick < tick && !isWithin) || before.sequence < sequence) return "diverged";
    if (before.tick > tick || before.sequence > sequence) return "gap";
    const own = this.digests.findLast(({ at }) => isSamePlace(at, entry.check.at));
    return own !== undefined && own.digest !== entry.check.digest ? "diverged" : undefined;
  }

  protected isVoid(epoch: number): boolean {
    return epoch < this.epochSeen;
  }

  protected isRepeated(entry: MoveEntry): boolean {
    if (entry.kind === "command") return entry.sequence <= this.reached.sequence;
    return (entry.kind === "tick" ? entry.tick : entry.toTick) <= this.reached.tick;
  }

  protected play(entry: MoveEntry): void {
    const { tick, sequence } = entry;
    this.reached = { tick: entry.kind === "skip" ? entry.toTick : tick, sequence };
    if (entry.kind === "tick") this.replica.runTick(entry);
    else if (entry.kind === "command") this.replica.applyCommand(entry);
    else this.replica.skip(entry);
    this.noteDigest();
    this.owesPlayed = false;
    this.played.push(entry);
    if (this.played.length > 2 * keptMax) this.played = this.played.slice(-keptMax);
  }

  protected takeBroadcast(entry: BroadcastEntry): Outcome {
    if (entry.number <= (this.broadcasts.get(entry.member) ?? 0)) return "repeated";
    this.broadcasts.set(entry.member, entry.number);
    if (entry.member === this.member) this.unseen = this.unseen.filter(({ number }) => number > entry.number);
    this.replica.broadcast(entry.events);
    return "applied";
  }

  /** Another member leads: what this one proposed and was not decided is void. */
  protected follow(): void {
    this.role = "follower";
    this.undecided = [];
    this.proposed = this.reached;
  }

  protected propose(entry: MoveEntry): readonly Entry[] {
    if (this.role !== "leader") return [];
    this.proposed = { tick: entry.kind === "skip" ? entry.toTick : entry.tick, sequence: entry.sequence };
    this.undecided.push(entry);
    return this.ready([entry]);
  }

  /** The latest moves as this leader announces them once more, where the log has lost some. */
  protected owed(): readonly Entry[] {
    if (!this.owesPlayed) return [];
    return this.ready(this.played.map((entry) => ({ ...entry, epoch: this.ownEpoch })));
  }

  protected undecidedAgain(): readonly MoveEntry[] {
    return this.undecided;
  }

  protected check(): DigestCheck {
    return this.digests.at(-1) ?? { at: this.reached, digest: this.replica.digest() };
  }

  private leaderEntry(): LeaderEntry {
    const { ownEpoch: epoch, member, url, pace, clock } = this;
    return { kind: "leader", epoch, member, url, pace, ...(clock && { clock }) };
  }

  private ready(entries: readonly Entry[]): readonly Entry[] {
    return this.isConnected ? entries : [];
  }

  private noteDigest(): void {
    this.digests.push({ at: this.reached, digest: this.replica.digest() });
    if (this.digests.length > 2 * keptMax) this.digests = this.digests.slice(-keptMax);
  }
}
