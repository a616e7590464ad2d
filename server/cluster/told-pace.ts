/**
 * How ticks are paced, as the log has told it last. Two paths tell it. What a leader tells is later than what earlier
 * ones told, also where it has not read all of that: the log may have lost it. A candidate's announcement repeats what it
 * has read so far, so that only a higher number makes it later.
 */
import type { LeaderEntry, PaceState } from "./entry.js";

type Told = Pick<LeaderEntry, "epoch" | "pace" | "paceNumber">;

export class ToldPace {
  protected told: Told = { epoch: 0, pace: { playing: false, speed: 1, slips: 0, anchors: [] }, paceNumber: 0 };

  get pace(): PaceState {
    return this.told.pace;
  }

  get number(): number {
    return this.told.paceNumber;
  }

  /** This member tells it, as the leader. */
  tell(pace: PaceState, epoch: number): void {
    this.told = { epoch, pace, paceNumber: this.number + 1 };
  }

  /**
   * @param isLeaders whether a leader tells it, not a candidate that announces itself
   * @returns whether it is later than what was told before
   */
  take({ epoch, pace, paceNumber }: Told, isLeaders: boolean): boolean {
    if (!this.isLater(epoch, paceNumber, isLeaders)) return false;
    this.told = { epoch, pace, paceNumber };
    return true;
  }

  /** What this member told last may be void: whatever is told next is later. */
  forget(): void {
    this.told = { epoch: 0, pace: this.pace, paceNumber: 0 };
  }

  protected isLater(epoch: number, paceNumber: number, isLeaders: boolean): boolean {
    const { epoch: toldEpoch } = this.told;
    if (isLeaders) return epoch > toldEpoch || (epoch === toldEpoch && paceNumber > this.number);
    return paceNumber > this.number || (paceNumber === this.number && epoch > toldEpoch);
  }
}
