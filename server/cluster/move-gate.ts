/**
 * The gate through which every move passes before it is played on the replica, whichever path it came by.
 *
 * Invariant: what is played is one order without a gap. A move at or below the own position is a repetition; one that
 * does not follow it is a gap, or another past; one whose digest differs from the own one is of another world.
 */
import { type Stretch, addMoves } from "./decided-row.js";
import { type DigestCheck, type MoveEntry, type Position, isSamePlace, placeAfter, placeBefore } from "./entry.js";
import type { Replica } from "./ordered-log.js";

/** By which a move came. */
export type Path = "stream" | "row";

/** Digests of latest positions that are kept to compare with, and latest moves that can be announced once more. */
const keptMax = 512;

export class MoveGate {
  protected readonly replica: Replica;
  protected reached: Position;
  /** The latest moves that were played. */
  protected played: MoveEntry[] = [];
  /** The same, as the row has them. */
  protected readonly latest: Stretch[] = [];
  /** Of the latest positions, this one's last. */
  protected digests: DigestCheck[] = [];
  protected owesPlayed = false;

  /** @param position of the replica's world */
  constructor(replica: Replica, position: Position) {
    this.replica = replica;
    this.reached = position;
    this.noteDigest();
  }

  get position(): Position {
    return this.reached;
  }

  /** What the world is at the present position. */
  get check(): DigestCheck {
    return this.digests.at(-1) ?? { at: this.reached, digest: this.replica.digest() };
  }

  get stretches(): readonly Stretch[] {
    return this.latest;
  }

  /** Plays the move, where it is the next one. */
  take(entry: MoveEntry, path: Path): "applied" | "repeated" | "gap" | "diverged" {
    if (this.isRepeated(entry)) {
      this.replica.repeat(entry);
      return "repeated";
    }
    const fault = this.faultOf(entry);
    if (fault !== undefined) return fault;
    this.play(entry);
    this.owesPlayed = path === "row";
    return "applied";
  }

  /** Whether the own world was another one at that position, as far as it is remembered. */
  differs({ at, digest }: DigestCheck): boolean {
    const own = this.digests.findLast((check) => isSamePlace(check.at, at));
    return own !== undefined && own.digest !== digest;
  }

  /** The stream has lost moves that were played. Until it goes on, or where only the row has them, they are owed to it. */
  owe(): void {
    this.owesPlayed = true;
  }

  /** What the leader of this epoch is to announce once more. */
  owed(epoch: number): readonly MoveEntry[] {
    return this.owesPlayed ? this.played.map((entry) => ({ ...entry, epoch, isAgain: true })) : [];
  }

  /** The world was loaded anew, or moved by its owner: another past. */
  restore(position: Position): void {
    this.reached = position;
    this.played = [];
    this.latest.length = 0;
    this.digests = [];
    this.noteDigest();
  }

  /** Why the move cannot be played on the own world, or undefined. */
  protected faultOf(entry: MoveEntry): "gap" | "diverged" | undefined {
    const { tick, sequence } = this.reached;
    const before = placeBefore(entry);
    // Whoever joins amid a skip has loaded a world from the middle of it.
    const isWithin = entry.kind === "skip" && before.tick < tick && tick < entry.toTick;
    if ((before.tick < tick && !isWithin) || before.sequence < sequence) return "diverged";
    if (before.tick > tick || before.sequence > sequence) return "gap";
    return this.differs(entry.check) ? "diverged" : undefined;
  }

  protected isRepeated(entry: MoveEntry): boolean {
    if (entry.kind === "command") return entry.sequence <= this.reached.sequence;
    return (entry.kind === "tick" ? entry.tick : entry.toTick) <= this.reached.tick;
  }

  protected play(entry: MoveEntry): void {
    this.reached = placeAfter(entry);
    if (entry.kind === "tick") this.replica.runTick(entry);
    else if (entry.kind === "command") this.replica.applyCommand(entry);
    else this.replica.skip(entry);
    this.noteDigest();
    addMoves(this.latest, [entry]);
    this.played.push(entry);
    if (this.played.length > 2 * keptMax) this.played = this.played.slice(-keptMax);
  }

  private noteDigest(): void {
    this.digests.push({ at: this.reached, digest: this.replica.digest() });
    if (this.digests.length > 2 * keptMax) this.digests = this.digests.slice(-keptMax);
  }
}
