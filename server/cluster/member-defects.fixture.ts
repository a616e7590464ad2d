/** Members that are wrong in one way each. A scheduler that finds none of them would prove nothing. */
import { Broadcasts } from "./broadcasts.js";
import type { DecidedRow } from "./decided-row.js";
import type { BroadcastEntry, Entry, MoveEntry, Outcome, Position } from "./entry.js";
import type { RunOptions } from "./member-cluster.fixture.js";
import { soundReading } from "./member-cluster.fixture.js";
import { type MemberOptions, MemberState } from "./member-state.js";
import { MoveGate, type Path } from "./move-gate.js";
import type { Replica } from "./ordered-log.js";
import { ToldPace } from "./told-pace.js";

class ObeysStaleEntries extends MemberState {
  protected override isVoid(): boolean {
    return false;
  }
}

class LeadsWithoutReadBack extends MemberState {
  override campaign(epoch: number): readonly Entry[] {
    const entries = super.campaign(epoch);
    this.role = "leader";
    this.proposed = this.position;
    return entries;
  }
}

class SendsBeforeDeciding extends MemberState {
  protected override propose(entry: MoveEntry): readonly Entry[] {
    const entries = super.propose(entry);
    if (entries.length > 0) this.gate.take(entry, "stream");
    return entries;
  }
}

class PlaysRepetitions extends MoveGate {
  protected override isRepeated(): boolean {
    return false;
  }
}

class PlaysOverGaps extends MoveGate {
  protected override faultOf(entry: MoveEntry): "gap" | "diverged" | undefined {
    const fault = super.faultOf(entry);
    return fault === "gap" ? undefined : fault;
  }
}

class NeverCompares extends MoveGate {
  override differs(): boolean {
    return false;
  }
}

class DecidesTheOrderTwice extends MemberState {
  protected override undecidedAgain(): readonly MoveEntry[] {
    let { tick, sequence } = this.position;
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

class DeliversBroadcastsTwice extends Broadcasts {
  override take(entry: BroadcastEntry): boolean {
    this.seen.clear();
    return super.take(entry);
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

class DecidesEachKindByItself extends MemberState {
  override row(isDeciding: boolean): DecidedRow | undefined {
    const row = super.row(false);
    const commands = this.undecided.filter(({ kind }) => kind === "command");
    if (!isDeciding || row === undefined || commands.length === 0) return super.row(isDeciding);
    const { tick, sequence } = this.position;
    const moved = commands.map((entry, at) => ({
      kind: "command" as const,
      tick,
      sequence: sequence + 1 + at,
      acceptedNs: entry.kind === "command" ? entry.acceptedNs : 0n,
    }));
    return { ...row, sequence: sequence + commands.length, stretches: [...row.stretches, ...moved] };
  }
}

class SendsBeforeTheRowIsWritten extends MemberState {
  override row(isDeciding: boolean): DecidedRow | undefined {
    const row = super.row(isDeciding);
    if (row !== undefined) this.takeWritten(row);
    return row;
  }
}

class LeadsWithoutTheRow extends MemberState {
  override takeRow(...given: Parameters<MemberState["takeRow"]>): Outcome {
    return this.role === "elected" ? "repeated" : super.takeRow(...given);
  }
}

class ForgetsWhatOnlyTheRowHas extends MoveGate {
  override take(entry: MoveEntry, path: Path): "applied" | "repeated" | "gap" | "diverged" {
    const owedPlayed = path === "row" && this.owesPlayed;
    const outcome = super.take(entry, path);
    if (path === "row") this.owesPlayed = owedPlayed;
    return outcome;
  }
}

class TakesThePaceOfTheLatestLeader extends ToldPace {
  protected override isLater(epoch: number, paceNumber: number): boolean {
    return epoch > this.told.epoch || (epoch === this.told.epoch && paceNumber > this.number);
  }
}

function member(Defective: new (options: MemberOptions) => MemberState): Pick<RunOptions, "createState"> {
  return { createState: (options) => new Defective(options) };
}

function gate(Defective: new (replica: Replica, position: Position) => MoveGate): Pick<RunOptions, "createState"> {
  return {
    createState: (options) => new MemberState({ ...options, gate: new Defective(options.replica, options.position) }),
  };
}

/** By name: what of a run is wrong. */
export const defects: Readonly<Record<string, Pick<RunOptions, "createState" | "reading">>> = {
  "obeys entries of a leader that is none any more": member(ObeysStaleEntries),
  "leads before its announcement has come back": member(LeadsWithoutReadBack),
  "sends before it is decided": member(SendsBeforeDeciding),
  "plays repetitions": gate(PlaysRepetitions),
  "plays over gaps": gate(PlaysOverGaps),
  "never compares digests": gate(NeverCompares),
  "decides the order twice": member(DecidesTheOrderTwice),
  "proposes in its next epoch what was void": member(ProposesAgainInTheNextEpoch),
  "delivers broadcasts twice": {
    createState: (options) => new MemberState({ ...options, broadcasts: new DeliversBroadcastsTwice(options.member) }),
  },
  "forgets durable commands that nobody announced": member(ForgetsDurableCommands),
  "announces nothing again after the log lost entries": member(AnnouncesNothingAgain),
  "forgets what was on its way when the connection broke": member(ForgetsTheUndecided),
  "lets new entries overtake lost ones": member(OvertakesWhatWasLost),
  "decides commands by the row at once, and ticks in their turn": member(DecidesEachKindByItself),
  "sends before the row is written": member(SendsBeforeTheRowIsWritten),
  "leads without having read the row": member(LeadsWithoutTheRow),
  "announces nothing that only the row has": gate(ForgetsWhatOnlyTheRowHas),
  "takes what a new leader has not read yet for the pace": {
    createState: (options) => new MemberState({ ...options, told: new TakesThePaceOfTheLatestLeader() }),
  },
  "writes the row when another epoch has begun": { reading: { ...soundReading, isFenced: false } },
  "leads by a row that it read before its epoch began": { reading: { ...soundReading, readsRowEarly: true } },
  "reads only what is new after the connection broke": {
    reading: { ...soundReading, readFrom: (_lastId, stream) => stream.at(-1)?.id ?? 0 },
  },
  "reads on at its place after the log lost entries": { reading: { ...soundReading, readFrom: (lastId) => lastId } },
  "remembers ids before the entries are taken": { reading: { ...soundReading, remembersEarly: true } },
};
