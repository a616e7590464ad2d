/**
 * Members of a cluster with their surroundings, all modelled: a Redis stream that can lose its tail or everything, a
 * Postgres with the lock, the epoch, the commands and the row of the fallback path, either of them away for some members
 * or for all, processes that stop or die. One seed decides what happens next; there is no clock and no I/O, so a run
 * takes milliseconds and a seed gives the same run again.
 */
import type { Command } from "../../simulator/index.js";
import { randomOfText } from "../../schemas/random.fixture.js";
import type { DecidedRow } from "./decided-row.js";
import type { Entry, Outcome, Position } from "./entry.js";
import { type MemberOptions, MemberState } from "./member-state.js";
import { ModelReplica, beginning, findReplayFaults, findStretchFaults } from "./model-replica.fixture.js";

interface StreamEntry {
  readonly id: number;
  /** In which it was appended. */
  readonly redisRun: number;
  readonly entry: Entry;
}

interface Commit {
  readonly sequence: number;
  readonly command: Command;
  readonly epoch: number;
}

/** One run of a process. */
interface Process {
  readonly name: string;
  readonly replica: ModelReplica;
  readonly state: MemberState;
  lastId: number;
  /** Read and not taken yet. */
  inbox: StreamEntry[];
  /** Appended and not at the stream yet. */
  outbox: Entry[];
  isConnected: boolean;
  /** As it was when this process last connected. */
  redisRun: number;
  /** Steps for which nothing happens in it. */
  stopped: number;
  commit: Commit | undefined;
  /** Whether Postgres answers it. */
  hasPostgres: boolean;
  /** A row on its way to Postgres, or there already and not confirmed. */
  writing: { readonly row: DecidedRow; isWritten: boolean } | undefined;
  /** A row that was read and not taken yet. */
  reading: DecidedRow | undefined;
  /** Its announcement has come back; the row is to be read before it leads. */
  isElected: boolean;
  /** The row as this member has read it last. */
  lastRow: DecidedRow | undefined;
}

/** How members read and write, which is not the state's to decide. */
export interface ReadingRules {
  /** Where a member reads on after its connection broke. */
  readonly readFrom: (lastId: number, stream: readonly StreamEntry[], isShortened: boolean) => number;
  /** Whether ids are remembered when entries are read, rather than when they have been taken. */
  readonly remembersEarly: boolean;
  /** Whether the row can be written in the store's present epoch only. */
  readonly isFenced: boolean;
  /** Whether a member that comes to lead has read the row before its epoch began. */
  readonly readsRowEarly: boolean;
}

export const soundReading: ReadingRules = {
  readFrom: (lastId, _stream, isShortened) => (isShortened ? 0 : lastId),
  remembersEarly: false,
  isFenced: true,
  readsRowEarly: false,
};

export interface RunOptions {
  readonly seed: string;
  readonly members?: number;
  readonly steps?: number;
  readonly createState?: (options: MemberOptions) => MemberState;
  readonly reading?: ReadingRules;
}

export interface RunResult {
  /** In words; none where everything holds. */
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

class SimulatedCluster {
  readonly #random: () => number;
  readonly #createState: (options: MemberOptions) => MemberState;
  readonly #reading: ReadingRules;
  readonly #processes: Process[] = [];
  /** Processes that are gone, or were restored: what they sent counts. */
  readonly #past: { readonly name: string; readonly sent: readonly string[] }[] = [];
  readonly #violations = new Set<string>();
  readonly #counts: Record<string, number> = {};
  #stream: StreamEntry[] = [];
  #nextId = 1;
  #redisRun = 1;
  #lockHolder: Process | undefined;
  #epoch = 0;
  readonly #table = new Map<number, Command>();
  #row: DecidedRow | undefined;
  #isRedisUp = true;
  #isPostgresUp = true;
  #checkpoint = beginning;
  /** Where every move was first sent, and its bytes. */
  readonly #bytes = new Map<string, string>();
  /** Where anybody has ever been. */
  #furthest: Position = { tick: 0, sequence: 0 };
  #serial = 0;
  /** The tail was lost together with the only one who could announce it again: members may find that they diverged. */
  #isForked = false;
  #hasLostTail = false;

  constructor({ seed, members = 3, createState, reading }: RunOptions) {
    this.#random = randomOfText(seed);
    this.#createState = createState ?? ((options) => new MemberState(options));
    this.#reading = reading ?? soundReading;
    for (let at = 0; at < members; at++) this.#start();
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  #start(): void {
    this.#serial += 1;
    const name = `m${this.#serial}`;
    const { state, position } = this.#checkpoint;
    const replica = new ModelReplica(state, position);
    const options = { member: name, url: `http://${name}`, replica, position };
    this.#processes.push({
      name,
      replica,
      state: this.#createState(options),
      lastId: 0,
      inbox: [],
      outbox: [],
      isConnected: true,
      redisRun: this.#redisRun,
      stopped: 0,
      commit: undefined,
      hasPostgres: this.#isPostgresUp,
      writing: undefined,
      reading: undefined,
      isElected: false,
      lastRow: undefined,
    });
    if (!this.#isRedisUp) this.#disconnect(this.#processes.at(-1)!);
  }

  #end(process: Process): void {
    this.#processes.splice(this.#processes.indexOf(process), 1);
    this.#past.push({ name: process.name, sent: process.replica.sent });
    if (this.#lockHolder === process) this.#lockHolder = undefined;
    // What it alone had read, or proposed, nobody can announce again.
    if (this.#hasLostTail && process.state.isLeading && !this.#rowHas(process.state.proposedPosition))
      this.#isForked = true;
  }

  #rowHas(position: Position): boolean {
    return this.#row !== undefined && !isAhead(position, this.#row);
  }

  #append(process: Process, entries: readonly Entry[]): void {
    process.outbox.push(...entries);
  }

  #deliver(process: Process): void {
    const entry = process.outbox.shift();
    if (entry === undefined) return;
    this.#stream.push({ id: this.#nextId++, redisRun: this.#redisRun, entry });
  }

  #disconnect(process: Process): void {
    process.isConnected = false;
    process.inbox = [];
    process.outbox = [];
    process.state.disconnect();
  }

  #connect(process: Process): void {
    const isShortened = process.redisRun !== this.#redisRun;
    process.isConnected = true;
    process.redisRun = this.#redisRun;
    process.lastId = this.#reading.readFrom(process.lastId, this.#stream, isShortened);
    this.#append(process, process.state.reconnect(isShortened));
  }

  #read(process: Process): void {
    if (process.inbox.length > 0) return;
    const from = this.#stream.findIndex(({ id }) => id > process.lastId);
    if (from === -1) return;
    process.inbox = this.#stream.slice(from, from + 1 + Math.floor(this.#random() * 5));
    if (this.#reading.remembersEarly) process.lastId = process.inbox.at(-1)?.id ?? process.lastId;
  }

  #take(process: Process): void {
    const next = process.inbox.shift();
    if (next === undefined) return;
    const sentBefore = process.replica.sent.length;
    let outcome = process.state.take(next.entry);
    if (outcome === "gap" && process.hasPostgres && this.#row !== undefined) {
      this.#count("read for a gap");
      const filled = process.state.takeRow(this.#row, this.#table);
      outcome = filled === "diverged" ? filled : process.state.take(next.entry);
    }
    if (outcome === "gap") process.state.lose(outcome);
    process.lastId = Math.max(process.lastId, next.id);
    this.#count(outcome);
    // The leader has gone on from where everybody was.
    const isNew = next.redisRun === this.#redisRun && outcome === "applied" && next.entry.kind !== "broadcast";
    if (isNew && process.state.isLeading && process.state.position === this.#furthest) this.#hasLostTail = false;
    this.#note(process, sentBefore);
    this.#follow(process, outcome);
  }

  /** A step of the fallback path. */
  #fallBack(process: Process): void {
    if (!process.hasPostgres) return;
    const { state, writing, reading } = process;
    if (writing?.isWritten === true) {
      process.writing = undefined;
      // Its answer may be lost.
      if (this.#chance(0.9)) this.#play(process, () => state.takeWritten(writing.row));
    } else if (writing !== undefined) {
      this.#write(process, writing);
    } else if (reading !== undefined) {
      process.reading = undefined;
      this.#play(process, () => state.takeRow(reading, this.#table));
    } else if (state.isLeading) {
      const row = state.row(!process.isConnected || this.#chance(0.3));
      if (row !== undefined) process.writing = { row, isWritten: false };
    } else if (this.#chance(process.isConnected ? 0.1 : 1)) {
      process.reading = this.#row;
      process.lastRow = this.#row;
    }
  }

  #write(process: Process, writing: { readonly row: DecidedRow; isWritten: boolean }): void {
    if (this.#reading.isFenced && writing.row.epoch !== this.#epoch) {
      process.writing = undefined;
      this.#count("refused row");
      return;
    }
    this.#row = writing.row;
    writing.isWritten = true;
    this.#count("written row");
  }

  #play(process: Process, run: () => Outcome | void): void {
    const sentBefore = process.replica.sent.length;
    const outcome = run();
    if (process.replica.sent.length > sentBefore) this.#count("played by the row");
    if (outcome === "gap") process.state.lose(outcome);
    this.#note(process, sentBefore);
    if (outcome !== undefined) this.#follow(process, outcome);
  }

  /** Leads, after its announcement has come back. */
  #takeOffice(process: Process): void {
    const { state } = process;
    process.isElected = false;
    if (this.#lockHolder !== process || !process.hasPostgres) {
      state.withdraw();
      return;
    }
    const row = this.#reading.readsRowEarly ? process.lastRow : this.#row;
    if (row !== undefined) this.#play(process, () => state.takeRow(row, this.#table));
    if (!this.#processes.includes(process)) return;
    if (this.#hasLostTail && isAhead(this.#furthest, state.position)) this.#isForked = true;
    const after = state.position.sequence;
    const unannounced = [...this.#table.keys()].filter((sequence) => sequence > after).toSorted((a, b) => a - b);
    const commands = unannounced.map((sequence) => ({ command: this.#table.get(sequence)!, acceptedNs: 0n }));
    this.#append(process, state.lead(commands));
  }

  /** Equal positions must be equal bytes, on all members and for ever. */
  #note({ name, replica, state }: Process, from: number): void {
    if (replica.isCorrupted) return;
    if (isAhead(state.position, this.#furthest)) this.#furthest = state.position;
    for (const line of replica.sent.slice(from)) {
      const [kind, place] = line.split(" ");
      if (kind === "broadcast" || kind === "skip") continue;
      const key = kind === "tick" ? `tick ${place?.split("/")[0]}` : `command ${place?.split("/")[1]}`;
      const known = this.#bytes.get(key) ?? line;
      this.#bytes.set(key, known);
      if (known !== line && !this.#isForked) this.#violations.add(`${name} sent "${line}", others "${known}"`);
    }
  }

  #follow(process: Process, outcome: Outcome): void {
    if (outcome === "elected") process.isElected = true;
    if (outcome !== "gap" && outcome !== "diverged") return;
    if (!this.#isForked && !process.replica.isCorrupted)
      this.#violations.add(`${process.name} lost the log (${outcome}) at ${JSON.stringify(process.state.position)}`);
    this.#end(process);
    this.#start();
  }

  #tryLead(process: Process): void {
    const { state } = process;
    if (!process.isConnected || !process.hasPostgres) return;
    if (this.#lockHolder !== undefined || process.replica.isCorrupted) return;
    this.#lockHolder = process;
    process.isElected = false;
    this.#epoch = Math.max(this.#epoch, state.epoch) + 1;
    process.commit = undefined;
    this.#append(process, state.campaign(this.#epoch));
  }

  #commitOrAnnounce(process: Process): void {
    const { state, commit } = process;
    if (commit !== undefined) {
      process.commit = undefined;
      if (state.isLeading && commit.epoch === state.epoch)
        this.#append(process, state.proposeCommand(commit.command, 0n));
      return;
    }
    // Only who holds the lock can write, and one command waits for the one before it.
    if (!state.isLeading || this.#lockHolder !== process || !process.hasPostgres) return;
    this.#serial += 1;
    const command: Command = { type: "deleteAgent", id: `c${this.#serial}` };
    const sequence = state.proposedPosition.sequence + 1;
    if (this.#table.has(sequence)) this.#violations.add(`${process.name} committed ${sequence} a second time`);
    this.#table.set(sequence, command);
    process.commit = { sequence, command, epoch: state.epoch };
  }

  #lead(process: Process): void {
    const { state } = process;
    if (!state.isLeading || state.waiting.length > 4) return;
    const kind = this.#random();
    if (kind < 0.9) this.#append(process, state.proposeTick());
    else if (kind < 0.95) this.#append(process, state.proposeSkip(state.proposedPosition.tick + 2));
    else
      this.#append(
        process,
        state.proposePace({ playing: true, speed: 1, slips: state.told.pace.slips + 1, anchors: [] }),
      );
  }

  #loseTail(isAll: boolean): void {
    const count = isAll ? this.#stream.length : Math.floor(this.#random() * 6);
    const lost = this.#stream.splice(Math.max(0, this.#stream.length - count));
    this.#redisRun += 1;
    // The clock that gives the ids may have gone back.
    this.#nextId = (this.#stream.at(-1)?.id ?? 0) + 1;
    this.#count(isAll ? "lost stream" : "lost tail");
    for (const process of this.#processes) if (process.isConnected) this.#disconnect(process);
    // Where not everybody has heard of the latest leader, one of before can still decide.
    const epoch = Math.max(0, ...lost.map(({ entry }) => (entry.kind === "leader" ? entry.epoch : 0)));
    if (this.#processes.some(({ state }) => state.epoch < epoch)) this.#isForked = true;
    const leaders = this.#processes.filter(({ state }) => state.isLeading);
    if (leaders.length !== 1) this.#isForked = true;
    this.#hasLostTail = true;
  }

  #corrupt(process: Process): void {
    if (process.state.isLeading || this.#lockHolder === process || process.replica.isCorrupted) return;
    process.replica.state ^= 0x55;
    process.replica.isCorrupted = true;
    this.#count("corrupted");
  }

  #fault(process: Process): void {
    const kind = this.#random();
    if (kind < 0.2) {
      this.#count("killed");
      this.#end(process);
      this.#start();
    } else if (kind < 0.45) process.stopped = 40;
    else if (kind < 0.55) this.#lockHolder = undefined;
    else if (kind < 0.68 && process.isConnected) this.#disconnect(process);
    else if (kind < 0.78) this.#setPostgres([process], false);
    else if (kind < 0.83) this.#loseTail(false);
    else if (kind < 0.86) this.#loseTail(true);
    else if (kind < 0.9) this.#stopRedis();
    else if (kind < 0.93) this.#stopPostgres();
    else this.#corrupt(process);
  }

  #setPostgres(processes: readonly Process[], hasPostgres: boolean): void {
    for (const process of processes) {
      process.hasPostgres = hasPostgres;
      process.writing = undefined;
      process.reading = undefined;
      // The server ends the session of who cannot be reached.
      if (!hasPostgres && this.#lockHolder === process) this.#lockHolder = undefined;
    }
  }

  #stopRedis(): void {
    this.#isRedisUp = false;
    this.#count("Redis away");
    for (const process of this.#processes) if (process.isConnected) this.#disconnect(process);
  }

  #stopPostgres(): void {
    this.#isPostgresUp = false;
    this.#count("Postgres away");
    this.#setPostgres(this.#processes, false);
  }

  /** What was away comes back, sooner or later. */
  #recover(process: Process): void {
    if (!this.#isRedisUp && this.#chance(0.01)) this.#isRedisUp = true;
    if (!this.#isPostgresUp && this.#chance(0.01)) this.#isPostgresUp = true;
    if (this.#isPostgresUp && !process.hasPostgres && this.#chance(0.1)) this.#setPostgres([process], true);
  }

  #checkpointOf({ state, replica }: Process): void {
    if (state.isLeading && this.#lockHolder !== undefined && !replica.isCorrupted)
      this.#checkpoint = { state: replica.state, position: replica.position };
  }

  step(withFaults: boolean): void {
    const process = this.#pick(this.#processes);
    if (process === undefined) return;
    if (withFaults && this.#chance(0.006)) {
      this.#fault(process);
      return;
    }
    if (process.stopped > 0) {
      process.stopped -= 1;
      // Silent for so long: somebody ends its session.
      if (process.stopped === 20 && this.#lockHolder === process) this.#lockHolder = undefined;
      return;
    }
    this.#recover(process);
    if (process.isElected && this.#chance(0.3)) this.#takeOffice(process);
    if (!process.isConnected) {
      if (this.#isRedisUp && this.#chance(0.1)) this.#connect(process);
      else if (this.#chance(0.3)) this.#lead(process);
      else if (this.#chance(0.1)) this.#commitOrAnnounce(process);
      else if (this.#chance(0.7)) this.#fallBack(process);
      return;
    }
    const kind = this.#random();
    if (kind < 0.28) this.#deliver(process);
    else if (kind < 0.47) this.#read(process);
    else if (kind < 0.73) this.#take(process);
    else if (kind < 0.8) this.#fallBack(process);
    else if (kind < 0.9) this.#lead(process);
    else if (kind < 0.93) this.#commitOrAnnounce(process);
    else if (kind < 0.95) this.#broadcast(process, withFaults);
    else if (kind < 0.98) this.#tryLead(process);
    else this.#checkpointOf(process);
  }

  #broadcast(process: Process, isWanted: boolean): void {
    if (!isWanted) return;
    this.#serial += 1;
    this.#append(process, process.state.broadcast([`b${this.#serial}`] as never, 0));
  }

  /** Without faults all members come to the same place. */
  settle(): void {
    for (const process of this.#processes) process.stopped = 0;
    this.#isRedisUp = true;
    this.#isPostgresUp = true;
    this.#setPostgres(this.#processes, true);
    for (let round = 0; round < 400; round++) this.step(false);
    for (let round = 0; round < 60; round++) {
      for (const process of this.#processes.slice()) {
        if (!process.isConnected) this.#connect(process);
        this.#tryLead(process);
        if (process.commit !== undefined) this.#commitOrAnnounce(process);
        this.#checkpointOf(process);
        while (process.outbox.length > 0) this.#deliver(process);
        for (this.#read(process); process.inbox.length > 0 && this.#processes.includes(process); this.#read(process))
          this.#take(process);
        if (process.isElected) this.#takeOffice(process);
      }
      if (round % 10 === 4) this.#everyLeaderTicks();
    }
  }

  #everyLeaderTicks(): void {
    for (const process of this.#processes)
      this.#append(process, [...process.state.announce(), ...process.state.proposeTick()]);
  }

  result(): RunResult {
    // The store may hold one branch and the stream the other; which of them goes on is a human's choice.
    if (this.#isForked) this.#count("forked");
    else {
      this.#checkEnd();
      const endTick = Math.max(0, ...this.#processes.map(({ state }) => state.position.tick));
      this.#report(findReplayFaults([...this.#bytes.values()], endTick, this.#table));
    }
    const streams = [...this.#past, ...this.#processes.map(({ name, replica }) => ({ name, sent: replica.sent }))];
    for (const { name, sent } of streams) this.#report(findStretchFaults(name, sent));
    for (const { name, replica } of this.#processes) this.#report(replica.broken.map((broken) => `${name}: ${broken}`));
    return { violations: [...this.#violations], counts: this.#counts };
  }

  #report(faults: readonly string[]): void {
    for (const fault of faults) this.#violations.add(fault);
  }

  #checkEnd(): void {
    const places = this.#processes.map(({ state, replica }) => `${JSON.stringify(state.position)} ${replica.state}`);
    if (new Set(places).size !== 1) this.#violations.add(`members end in different places: ${places.join(", ")}`);
    if (this.#processes.some(({ replica }) => replica.isCorrupted))
      this.#violations.add("a corrupted world was not found");
    if (!this.#processes.some(({ state }) => state.isLeading)) this.#violations.add("nobody leads");
    const paces = this.#processes.map(({ state }) => state.told.pace.slips);
    if (new Set(paces).size !== 1) this.#violations.add(`members end with different paces: ${paces.join(", ")}`);
    const last = Math.max(0, ...this.#table.keys());
    const [{ state } = { state: undefined }] = this.#processes;
    if (state !== undefined && state.position.sequence !== last)
      this.#violations.add(`commands end at ${state.position.sequence}, durable are ${last}`);
  }
}

function isAhead(one: Position, other: Position): boolean {
  return one.tick > other.tick || one.sequence > other.sequence;
}

/** Runs a cluster through what the seed has in store for it. */
export function runCluster(options: RunOptions): RunResult {
  const cluster = new SimulatedCluster(options);
  for (let step = 0; step < (options.steps ?? 1200); step++) cluster.step(true);
  cluster.settle();
  return cluster.result();
}

/** The first of the seeds 1, 2, 3 … whose cluster violates anything, or null. */
export function findViolations({ seeds, ...options }: Omit<RunOptions, "seed"> & { readonly seeds: number }): {
  readonly seed: string;
  readonly violations: readonly string[];
} | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = runCluster({ ...options, seed: String(seed) });
    if (violations.length > 0) return { seed: String(seed), violations };
  }
  return null;
}
