/** Members that are wrong in one way each. A scheduler that finds none of them would prove nothing. */
import type { BroadcastEntry, Entry, MoveEntry, Outcome } from "./entry.js";
import type { RunOptions } from "./member-cluster.fixture.js";
import { soundReading } from "./member-cluster.fixture.js";
import { type MemberOptions, MemberState } from "./member-state.js";

class ObeysStaleEntries extends MemberState {
  protected override isVoid(): boolean {
    return false;
  }
}

class LeadsWithoutReadBack extends MemberState {
  override campaign(epoch: number): readonly Entry[] {
    const entries = super.campaign(epoch);
    this.role = "leader";
    this.proposed = this.reached;
    return entries;
  }
}

class SendsBeforeDeciding extends MemberState {
  protected override propose(entry: MoveEntry): readonly Entry[] {
    const entries = super.propose(entry);
    if (entries.length > 0) this.play(entry);
    return entries;
  }
}

class PlaysRepetitions extends MemberState {
  protected override isRepeated(): boolean {
    return false;
  }
}

class PlaysOverGaps extends MemberState {
  protected override faultOf(entry: MoveEntry): "gap" | "diverged" | undefined {
    const fault = super.faultOf(entry);
    return fault === "gap" ? undefined : fault;
  }
}

class NeverCompares extends MemberState {
  protected override faultOf(entry: MoveEntry): "gap" | "diverged" | undefined {
    this.digests = [];
    return super.faultOf(entry);
  }
}

class DecidesTheOrderTwice extends MemberState {
  protected override undecidedAgain(): readonly MoveEntry[] {
    let { tick, sequence } = this.reached;
    const commandsFirst = this.undecided.toSorted(
      (a, b) => Number(b.kind === "command") - Number(a.kind === "command"),
    );
    this.undecided = [];
    for (const entry of commandsFirst) {
      if (entry.kind === "command") this.undecided.push({ ...entry, tick, sequence: (sequence += 1) });
      else if (entry.kind === "tick") this.undecided.push({ ...entry, tick: (tick += 1), sequence });
      else {
        const toTick = tick + entry.toTick - entry.tick;
        this.undecided.push({ ...entry, tick, sequence, toTick });
        tick = toTick;
      }
    }
    this.proposed = { tick, sequence };
    return this.undecided;
  }
}

class ProposesAgainInTheNextEpoch extends MemberState {
  #kept: readonly MoveEntry[] = [];

  protected override follow(): void {
    this.#kept = this.undecided;
    super.follow();
  }

  override lead(...given: Parameters<MemberState["lead"]>): readonly Entry[] {
    return [...super.lead(...given), ...this.#kept.map((entry) => ({ ...entry, epoch: this.ownEpoch }))];
  }
}

class DeliversBroadcastsTwice extends MemberState {
  protected override takeBroadcast(entry: BroadcastEntry): Outcome {
    this.broadcasts.clear();
    return super.takeBroadcast(entry);
  }
}

class ForgetsDurableCommands extends MemberState {
  override lead(): readonly Entry[] {
    return super.lead([]);
  }
}

class AnnouncesNothingAgain extends MemberState {
  protected override owed(): readonly Entry[] {
    return [];
  }
}

class ForgetsTheUndecided extends MemberState {
  protected override undecidedAgain(): readonly MoveEntry[] {
    return [];
  }
}

class OvertakesWhatWasLost extends MemberState {
  override disconnect(): void {
    // As if nothing had happened.
  }
}

function member(Defective: new (options: MemberOptions) => MemberState): Pick<RunOptions, "createState"> {
  return { createState: (options) => new Defective(options) };
}

/** By name: what of a run is wrong. */
export const defects: Readonly<Record<string, Pick<RunOptions, "createState" | "reading">>> = {
  "obeys entries of a leader that is none any more": member(ObeysStaleEntries),
  "leads before its announcement has come back": member(LeadsWithoutReadBack),
  "sends before it is decided": member(SendsBeforeDeciding),
  "plays repetitions": member(PlaysRepetitions),
  "plays over gaps": member(PlaysOverGaps),
  "never compares digests": member(NeverCompares),
  "decides the order twice": member(DecidesTheOrderTwice),
  "proposes in its next epoch what was void": member(ProposesAgainInTheNextEpoch),
  "delivers broadcasts twice": member(DeliversBroadcastsTwice),
  "forgets durable commands that nobody announced": member(ForgetsDurableCommands),
  "announces nothing again after the log lost entries": member(AnnouncesNothingAgain),
  "forgets what was on its way when the connection broke": member(ForgetsTheUndecided),
  "lets new entries overtake lost ones": member(OvertakesWhatWasLost),
  "reads only what is new after the connection broke": {
    reading: { ...soundReading, readFrom: (_lastId, stream) => stream.at(-1)?.id ?? 0 },
  },
  "reads on at its place after the log lost entries": { reading: { ...soundReading, readFrom: (lastId) => lastId } },
  "remembers ids before the entries are taken": { reading: { ...soundReading, remembersEarly: true } },
};
