/** A modelled world of a member, and what must hold for everything that such worlds have sent. */
import type { Command } from "../../simulator/index.js";
import type { CommandEntry, Position, SkipEntry, TickEntry } from "./entry.js";
import type { Replica } from "./ordered-log.js";

/** Where every world begins. */
export const beginning: { readonly state: number; readonly position: Position } = {
  state: 17,
  position: { tick: 0, sequence: 0 },
};

/** A world for tests: its state is a number in which every tick and command leaves a trace. */
export class ModelReplica implements Replica {
  state: number;
  position: Position;
  /** What subscribers got since this replica was made. */
  readonly sent: string[] = [];
  /** Names of moves that did not follow the one before. */
  readonly broken: string[] = [];
  readonly applied = new Map<number, string>();
  /** What is sent meanwhile is wrong, and is to be found out. */
  isCorrupted = false;

  constructor(state: number, position: Position) {
    this.state = state;
    this.position = position;
  }

  #move(to: Position, trace: string): void {
    let hash = this.state;
    for (const char of `${trace}@${to.tick}/${to.sequence}`) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
    this.state = hash;
    this.position = to;
  }

  runTick({ tick, sequence }: TickEntry): void {
    if (tick !== this.position.tick + 1) this.broken.push(`tick ${tick} after ${this.position.tick}`);
    this.#move({ tick: this.position.tick + 1, sequence }, "tick");
    this.sent.push(`tick ${tick}/${sequence} ${this.state}`);
  }

  applyCommand({ tick, sequence, command }: CommandEntry): void {
    if (sequence !== this.position.sequence + 1)
      this.broken.push(`command ${sequence} after ${this.position.sequence}`);
    this.#move({ tick, sequence }, nameOf(command));
    this.applied.set(sequence, nameOf(command));
    this.sent.push(`command ${tick}/${sequence} ${nameOf(command)} ${this.state}`);
  }

  skip({ toTick, sequence }: SkipEntry): void {
    while (this.position.tick < toTick) this.#move({ tick: this.position.tick + 1, sequence }, "tick");
    this.sent.push(`skip ${toTick}/${sequence}`);
  }

  repeat(): void {}

  broadcast({ events }: { readonly events: readonly unknown[] }): void {
    this.sent.push(`broadcast ${String(events[0])}`);
  }

  setPace(): void {}

  digest(): string {
    return String(this.state);
  }
}

function nameOf(command: Command): string {
  return command.type === "deleteAgent" ? command.id : command.type;
}

/** No move and no broadcast twice, no move left out. */
export function findStretchFaults(name: string, sent: readonly string[]): string[] {
  const faults = new Set(sent).size === sent.length ? [] : [`${name} sent something twice`];
  let tick: number | undefined;
  for (const line of sent) {
    const [kind, place] = line.split(" ");
    if (kind !== "tick" && kind !== "skip") continue;
    const now = Number(place?.split("/")[0]);
    if (kind === "tick" && tick !== undefined && now !== tick + 1)
      faults.push(`${name} sent tick ${now} after ${tick}`);
    tick = now;
  }
  return faults;
}

interface SentCommand {
  readonly afterTick: number;
  readonly name: string;
}

/** By sequence. */
function commandsIn(sent: readonly string[]): ReadonlyMap<number, SentCommand> {
  const commands = new Map<number, SentCommand>();
  for (const line of sent) {
    const [kind, place = "", name = ""] = line.split(" ");
    const [afterTick, sequence] = place.split("/").map(Number);
    if (kind === "command") commands.set(sequence, { afterTick, name });
  }
  return commands;
}

/** What the log gives when it is run once from the beginning. */
function replay(commands: ReadonlyMap<number, SentCommand>, endTick: number): ReadonlySet<string> {
  const replica = new ModelReplica(beginning.state, beginning.position);
  for (let tick = 0; tick <= endTick; tick++) {
    const common = { epoch: 0, check: { at: replica.position, digest: "" } };
    if (tick > 0) replica.runTick({ ...common, kind: "tick", tick, sequence: replica.position.sequence });
    for (;;) {
      const sequence = replica.position.sequence + 1;
      const sent = commands.get(sequence);
      if (sent?.afterTick !== tick) break;
      const command: Command = { type: "deleteAgent", id: sent.name };
      replica.applyCommand({ ...common, kind: "command", tick, sequence, command, acceptedNs: 0n });
    }
  }
  return new Set(replica.sent);
}

/**
 * The log, run once from the beginning, gives every byte that anybody sent.
 *
 * @param sent every tick and command that was sent, once
 * @param stored the commands of the store, by sequence
 */
export function findReplayFaults(
  sent: readonly string[],
  endTick: number,
  stored: ReadonlyMap<number, Command>,
): string[] {
  const commands = commandsIn(sent);
  const lines = replay(commands, endTick);
  const faults = sent.filter((line) => !lines.has(line)).map((line) => `"${line}" is not in the replay of the log`);
  for (const [sequence, command] of stored) {
    const name = commands.get(sequence)?.name;
    if (name !== undefined && name !== nameOf(command))
      faults.push(`command ${sequence} is ${nameOf(command)} in the store and ${name} on the wire`);
  }
  return faults;
}
