/**
 * Decides what the stream of a server was that several generators have learned, each from its own subscribers: what
 * most of all subscribers received, in the order in which most did.
 *
 * Invariant: what one generator has that others lack counts against it only between frames that all of them have: before
 * the first of these a generator was not there yet, behind the last it was there no more.
 */
import {
  type DisputedFrames,
  type MergedFrame,
  type MergedFrames,
  findDisputes,
  mergeFrames,
} from "./merged-frames.js";
import type {
  CountedOrders,
  ProposedDisorder,
  ProposedFrame,
  StreamAgreement,
  StreamProposal,
} from "./stream-proposal.js";

/** Frames that are laid beside each other at once, as far as they suffice. */
const windowMin = 1024;
/** Frames behind what is decided: something may still come that belongs before them. */
const marginFrames = 256;
/** So many frames in a row, one of which is the only one of its content, prove where streams run beside each other. */
const proofFrames = 8;
const proofFramesAtEnd = 3;
/** And so many where all of them recur. */
const recurringFrames = 24;

/** A frame by all its names. */
export interface NamedFrame {
  /** Its number in the stream. */
  readonly number: number;
  /** By generator; undefined where its subscribers lack it. */
  readonly frames: readonly (ProposedFrame | undefined)[];
}

export interface MergedProposals {
  /** By generator. */
  readonly agreements: readonly StreamAgreement[];
  readonly frames: readonly NamedFrame[];
}

interface Window extends MergedFrames {
  readonly disputes: readonly DisputedFrames[];
  /** Index of the first frame that all generators were there for. */
  readonly start: number;
  /** It has all that there is. */
  readonly isWhole: boolean;
}

interface Draft {
  readonly verdicts: [number, boolean][];
  readonly inserted: [number, string, number][];
  readonly disorders: ProposedDisorder[];
  compared: number;
}

export class ProposalMerger {
  /** By generator: frames that are not agreed on, and the index of the first of them. */
  readonly #pending: ProposedFrame[][];
  readonly #from: number[];
  #disorders: (readonly ProposedDisorder[])[];
  readonly #ended = new Set<number>();
  #hasStarted = false;
  #number = 0;
  #isDone = false;
  /** The generators' streams have nothing in common. */
  isDisjoint = false;

  constructor(generators: number) {
    this.#pending = Array.from({ length: generators }, () => []);
    this.#from = this.#pending.map(() => 0);
    this.#disorders = this.#pending.map(() => []);
  }

  propose(generator: number, { frames, disorders, isEnd }: StreamProposal): void {
    for (const frame of frames) this.#pending[generator]!.push(frame);
    this.#disorders[generator] = [...this.#disorders[generator]!, ...disorders];
    if (isEnd) this.#ended.add(generator);
  }

  /** It will tell no more. */
  end(generator: number): void {
    this.#ended.add(generator);
  }

  /** What can be decided by now; undefined while that is nothing. To be called until it is. */
  agree(): MergedProposals | undefined {
    const isFinal = this.#ended.size === this.#pending.length;
    if (this.#isDone) return undefined;
    for (let size = windowMin; ; size *= 2) {
      const window = this.#look(size, isFinal);
      const isEnd = isFinal && window.isWhole;
      const count = isEnd ? window.frames.length : this.#findCut(window, size);
      if (count > 0 || isEnd) return this.#decide(window, count, isEnd);
      if (window.isWhole) return undefined;
    }
  }

  #look(size: number, isFinal: boolean): Window {
    const windows = this.#pending.map((frames) => frames.slice(0, size));
    const merged = mergeFrames(windows.map((frames) => frames.map(({ text }) => text)));
    const told = this.#disorders.map((disorders, generator) =>
      disorders.map(({ frames, orders }) => {
        const rebase = (indexes: readonly number[]) => indexes.map((index) => index - this.#from[generator]!);
        return { frames: rebase(frames), orders: orders.map(([order, count]) => [rebase(order), count] as const) };
      }),
    );
    const isWhole = this.#pending.every(({ length }) => length <= size);
    const start = this.#hasStarted ? 0 : this.#findStart(merged, isFinal && isWhole);
    const disputes = findDisputes(merged, told).filter(({ frames }) => frames[0]! >= start);
    return { ...merged, disputes, start, isWhole };
  }

  /** Generators that have told of anything at all. */
  #present(): number[] {
    return [...this.#pending.keys()].filter(
      (generator) => this.#pending[generator]!.length > 0 || this.#from[generator]! > 0,
    );
  }

  /** Where the streams of all begin to run beside each other; behind the end where they do not. */
  #findStart({ frames }: MergedFrames, isEnd: boolean): number {
    const generators = isEnd ? this.#present() : [...this.#pending.keys()];
    if (generators.length < 2 && isEnd) return 0;
    const counts = new Map<string, number>();
    for (const { text } of frames) counts.set(text, (counts.get(text) ?? 0) + 1);
    const needed = isEnd ? proofFramesAtEnd : proofFrames;
    let [run, isUnique] = [0, false];
    for (const [index, { text, at }] of frames.entries()) {
      if (generators.some((generator) => at[generator]! < 0)) {
        [run, isUnique] = [0, false];
        continue;
      }
      run += 1;
      isUnique ||= counts.get(text) === 1;
      if (run >= (isUnique ? needed : recurringFrames)) return index - run + 1;
    }
    return Infinity;
  }

  /** How many frames can be decided: what comes later cannot change them. */
  #findCut({ frames, disputes, start }: Window, size: number): number {
    const isCommon = (frame: MergedFrame | undefined) => frame?.at.every((index) => index >= 0) === true;
    const isFarBehind = ({ at }: MergedFrame) =>
      at.every((index, generator) => index + marginFrames < Math.min(size, this.#pending[generator]!.length));
    for (let last = frames.length - 1; last >= start + 2; last -= 1) {
      if (!isCommon(frames[last]) || !isCommon(frames[last - 1]) || !isCommon(frames[last - 2])) continue;
      if (!isFarBehind(frames[last]!)) continue;
      if (disputes.some(({ frames: [from], frames: all }) => from! <= last && all.at(-1)! > last)) continue;
      return last + 1;
    }
    return 0;
  }

  #decide(window: Window, count: number, isEnd: boolean): MergedProposals {
    const { frames, start, disputes } = window;
    if (start === Infinity) this.isDisjoint = true;
    this.#hasStarted = true;
    const drafts = this.#pending.map((): Draft => ({ verdicts: [], inserted: [], disorders: [], compared: 0 }));
    const voting = new Voting(this.#pending, this.#from, frames);
    const references = new Set<number>();
    for (let index = Math.min(start, count); index < count; index += 1)
      if (voting.vote(index, drafts)) references.add(index);
    for (const { frames: all, inverted, told } of disputes) {
      if (all.at(-1)! >= count) continue;
      // What is no part of the stream is in nobody's order.
      const disputed = { inverted, told, frames: all.filter((index) => references.has(index)) };
      const isInDoubt = inverted.some((index) => references.has(index)) || told.some(({ length }) => length > 0);
      if (isInDoubt) this.#dispute(disputed, frames, drafts);
    }
    const named = frames.slice(0, count).map(({ at }) => ({
      number: (this.#number += 1),
      frames: at.map((index, generator) => (index < 0 ? undefined : this.#pending[generator]![index])),
    }));
    const agreements = drafts.map(({ verdicts, inserted, disorders, compared }, generator) => {
      const agreed = frames.slice(0, count).reduce((most, { at }) => Math.max(most, at[generator]! + 1), 0);
      this.#pending[generator]!.splice(0, agreed);
      const from = (this.#from[generator]! += agreed);
      this.#disorders[generator] = this.#disorders[generator]!.filter((one) => one.frames.every((at) => at >= from));
      return { count: agreed, verdicts, inserted, disorders, compared, isEnd };
    });
    this.#isDone = isEnd;
    return { agreements, frames: named };
  }

  /** Tells each generator the votes of the others. */
  #dispute({ frames: group, told }: DisputedFrames, frames: readonly MergedFrame[], drafts: readonly Draft[]): void {
    const votes = this.#pending.map((pending, generator) => {
      const base = group
        .filter((index) => frames[index]!.at[generator]! >= 0)
        .toSorted((a, b) => frames[a]!.at[generator]! - frames[b]!.at[generator]!);
      if (base.length < 2) return [];
      if (told[generator]!.length === 0) {
        const weight = Math.min(...base.map((index) => pending[frames[index]!.at[generator]!]!.taken));
        return [[base, weight] as const];
      }
      const indexOf = new Map(base.map((index) => [frames[index]!.at[generator]!, index]));
      return told[generator]!.flatMap(({ orders }) =>
        orders.map(
          ([order, weight]) =>
            [
              rearrange(
                base,
                order.flatMap((at) => indexOf.get(at) ?? []),
              ),
              weight,
            ] as const,
        ),
      );
    });
    drafts.forEach(({ disorders }, generator) => {
      const nameOf = (index: number) => frames[index]!.at[generator]!;
      const name = (indexes: readonly number[]) =>
        indexes.flatMap((index) => (nameOf(index) < 0 ? [] : nameOf(index) + this.#from[generator]!));
      const orders: CountedOrders = votes
        .filter((_, other) => other !== generator)
        .flatMap((list) => list.map(([order, weight]) => [name(order), weight] as const))
        .filter(([order]) => order.length > 1);
      const own = name(group);
      if (own.length > 1 && orders.length > 0) disorders.push({ frames: own, orders });
    });
  }
}

/** The same in another order, as far as that tells of it. */
function rearrange(base: readonly number[], order: readonly number[]): number[] {
  const moved = new Set(order);
  const inOrder = order.values();
  return base.map((index) => (moved.has(index) ? (inOrder.next().value ?? index) : index));
}

/** Adds up what the subscribers of all generators received of each frame. */
class Voting {
  readonly #pending: readonly (readonly ProposedFrame[])[];
  readonly #from: readonly number[];
  readonly #frames: readonly MergedFrame[];
  /** Of each generator, for each frame, its own next one at or behind it; undefined at the end. */
  readonly #next: readonly (readonly (number | undefined)[])[];
  /** Subscriptions that began since the last frame that others have, too. */
  readonly #begun: number[];

  constructor(pending: readonly (readonly ProposedFrame[])[], from: readonly number[], frames: readonly MergedFrame[]) {
    this.#pending = pending;
    this.#from = from;
    this.#frames = frames;
    this.#begun = pending.map(() => 0);
    this.#next = pending.map((_, generator) => {
      let next: number | undefined;
      return frames
        .toReversed()
        .map(({ at }) => (next = at[generator]! < 0 ? next : at[generator]!))
        .toReversed();
    });
  }

  /** Subscribers of a generator that were there for a frame which all of them lack. */
  #absent(generator: number, index: number): number {
    const next = this.#next[generator]![index];
    if (next === undefined) return 0;
    const { taken, passed, begun } = this.#pending[generator]![next]!;
    return Math.max(0, taken + passed - begun);
  }

  /** Returns whether the frame is part of the stream. */
  vote(index: number, drafts: readonly Draft[]): boolean {
    const { at, text } = this.#frames[index]!;
    const own = at.map((place, generator) => (place < 0 ? undefined : this.#pending[generator]![place]!));
    const votes = own.map((frame, generator) => ({
      taken: frame?.taken ?? 0,
      passed: frame === undefined ? this.#absent(generator, index) : frame.passed,
    }));
    const [taken, passed] = (["taken", "passed"] as const).map((side) =>
      votes.reduce((sum, vote) => sum + vote[side], 0),
    ) as [number, number];
    const owners = own.filter((frame) => frame !== undefined);
    const isAlone = owners.length === 1;
    own.forEach((frame, generator) => {
      if (frame !== undefined) this.#begun[generator] = isAlone ? this.#begun[generator]! + frame.begun : 0;
    });
    const isMost = owners.length === own.length && owners.every(({ isReference }) => isReference);
    const isReference = isMost || passed <= taken;
    const firstMs = Math.min(...owners.map((frame) => frame.firstMs));
    // Whoever was told this had just come: it is no part of what all are told.
    const isGreeting = isAlone && own.every((frame, at) => frame === undefined || frame.taken <= this.#begun[at]!);
    drafts.forEach((draft, generator) => {
      const from = this.#from[generator]!;
      const frame = own[generator];
      const others = votes.reduce(
        (sum, vote, other) => (other === generator ? sum : sum + vote.taken + vote.passed),
        0,
      );
      if (frame !== undefined && frame.taken < 2 && frame.passed === 0 && others > 0) draft.compared += 1;
      if (frame !== undefined && passed > 0 && (isReference || !isGreeting))
        draft.verdicts.push([from + at[generator]!, isReference]);
      if (frame !== undefined || !isReference || isGreeting) return;
      const next = this.#next[generator]![index] ?? this.#pending[generator]!.length;
      draft.inserted.push([from + next, text, firstMs]);
    });
    return isReference;
  }
}
