/**
 * The stream of a server that nobody can regenerate: the first copy of a frame is the reference.
 *
 * Each frame is a batch of its own. Where subscribers disagree, the majority is right: a frame that more
 * of them passed than received was an accident of the few, and the order is the one that most received. That is
 * decided once everybody is far beyond it, so that nothing is kept of what lies further back. Where other generators
 * have subscribers of the same server, it is decided with their votes: `propose`, and `agree` to what comes of it.
 */
import { BatchChain } from "./batch-chain.js";
import { type ExpectedBatch, compareKeys } from "./expected-batch.js";
import type { ExpectedStream, Receiver } from "./expected-stream.js";
import { type WeightedOrder, findDisplaced } from "./majority-order.js";
import { Proposals } from "./proposals.js";
import type { ProposedDisorder, StreamAgreement, StreamProposal } from "./stream-proposal.js";

/** A frame that fits nowhere is looked at again after this long: others may have received it by then. */
const learningDelayMs = 300;
const repeatBatchesMax = 256;
/** Batches in disorder that wait for the majority's decision. Beyond them the stream's order counts as it is. */
const disorderedMax = 4000;
const comparedShareMin = 0.5;

/** Batches in the order in which a subscriber received them, which is not the stream's. */
interface Disorder {
  /** Undefined where generators differ: then it is the order so far. */
  readonly receiver: Receiver | undefined;
  received: readonly ExpectedBatch[];
  /** Of other generators' subscribers. */
  readonly elsewhere?: readonly WeightedOrder<ExpectedBatch>[];
  isProposed?: boolean;
}

/** What a subscriber received from one batch to another of the same content, with the second at the place of the first. */
function receivedOrder(receiver: Receiver, taken: ExpectedBatch, place: ExpectedBatch): ExpectedBatch[] {
  const isEarly = compareKeys(taken, place) < 0;
  const [from, to] = isEarly ? [taken, place] : [place, taken];
  const between: ExpectedBatch[] = [];
  for (let at = from.next; at !== undefined && at !== to; at = at.next) if (receiver.received(at)) between.push(at);
  return isEarly ? [place, ...between] : [...between, place];
}

/** Everybody is far beyond what comes before this tick. */
function settledTick(receivers: readonly Receiver[], isEnd: boolean): number {
  const passedTick = isEnd ? Infinity : Math.min(...receivers.map((receiver) => receiver.passedTick));
  return passedTick - repeatBatchesMax;
}

/** The frames of a group in the order so far, and each subscriber's in the order of their arrival. */
function ordersOf(
  group: readonly Disorder[],
  receivers: readonly Receiver[],
): { readonly frames: readonly ExpectedBatch[]; readonly orders: ReadonlyMap<Receiver, readonly ExpectedBatch[]> } {
  const own = new Set(group.flatMap(({ received }) => received));
  const agreed = group.filter(({ receiver }) => receiver === undefined).flatMap(({ received }) => received);
  const frames = [...own].toSorted(compareKeys);
  const orders = new Map<Receiver, readonly ExpectedBatch[]>();
  for (const receiver of receivers) {
    const received = frames.filter((batch) => receiver.received(batch));
    if (received.length > 1) orders.set(receiver, received);
  }
  for (const { receiver, received } of group) {
    if (receiver === undefined) continue;
    const inOrder = received.values();
    const moved = new Set(received);
    const order = orders.get(receiver)?.map((batch) => (moved.has(batch) ? (inOrder.next().value ?? batch) : batch));
    if (order !== undefined) orders.set(receiver, order);
  }
  return { frames: [...new Set([...agreed, ...frames])], orders };
}

export class LearnedStream implements ExpectedStream {
  readonly chain = new BatchChain(true);
  readonly isLearned = true;
  receivers = 0;
  readonly uncertaintyMs = 0;
  readonly nowMs: () => number;
  /** Batches that some subscribers did not receive: how many of them. */
  readonly #passed = new Map<ExpectedBatch, number>();
  /** Who received a batch, until most have. */
  readonly #takers = new WeakMap<ExpectedBatch, Receiver[]>();
  /** Batches of a content that had come before, or came again, not far away. */
  readonly #repeats = new WeakSet<ExpectedBatch>();
  /** What all generators have decided of a batch. */
  readonly #verdicts = new Map<ExpectedBatch, boolean>();
  readonly #proposals = new Proposals();
  #disorders: Disorder[] = [];
  #disorderedCount = 0;
  #ticks = 0;
  #events = 0;
  /** Events that a second subscriber received too, or missed. */
  #compared = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  isKnown(atMs: number): boolean {
    return this.chain.closed || this.nowMs() - atMs >= learningDelayMs;
  }

  learn(text: string): ExpectedBatch | undefined {
    this.#ticks += 1;
    this.#events += 1;
    const batch = this.chain.append({ tick: this.#ticks, sequence: 0, intendedMs: Number.NaN, texts: [text] });
    if (batch !== undefined) this.#markRepeat(batch);
    return batch;
  }

  /** Its key lies between those of its neighbours. */
  learnBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    this.#events += 1;
    const isTick = following.sequence === 0;
    const tick = isTick ? following.tick - 1 : following.tick;
    const { previous } = following;
    const below = previous?.tick === tick ? previous.sequence : 0;
    const sequence = isTick ? below + 1 : (below + following.sequence) / 2;
    const batch = this.chain.insertBefore(following, { tick, sequence, intendedMs: Number.NaN, texts: [text] });
    this.#markRepeat(batch);
    return batch;
  }

  taken(batch: ExpectedBatch, receiver: Receiver): void {
    if (batch.taken === 2 && !this.#passed.has(batch)) this.#compared += 1;
    if (batch.taken > this.receivers / 2) this.#takers.delete(batch);
    else if (batch.taken === 1) this.#takers.set(batch, [receiver]);
    else this.#takers.get(batch)?.push(receiver);
  }

  passed(batch: ExpectedBatch): void {
    if (batch.taken < 2 && !this.#passed.has(batch)) this.#compared += 1;
    this.#passed.set(batch, (this.#passed.get(batch) ?? 0) + 1);
  }

  /** What most have received while they were there is part of the stream, whatever became of it later. */
  isReference(batch: ExpectedBatch): boolean {
    return this.#verdicts.get(batch) ?? (!this.#takers.has(batch) || (this.#passed.get(batch) ?? 0) <= batch.taken);
  }

  disordered(receiver: Receiver, stretches: readonly (readonly ExpectedBatch[])[]): boolean {
    const count = stretches.reduce((sum, { length }) => sum + length, this.#disorderedCount);
    if (count > disorderedMax) return false;
    this.#disorderedCount = count;
    for (const received of stretches) this.#disorders.push({ receiver, received });
    return true;
  }

  /**
   * Compares every subscriber with what most of them received. Before the end only what everybody is far beyond is
   * decided. Returns the tick before which everything is.
   */
  settle(receivers: readonly Receiver[], isEnd: boolean): number {
    return this.#settleBefore(receivers, settledTick(receivers, isEnd));
  }

  /** What other generators are to know: the batches that everybody here is far beyond, and the orders in doubt. */
  propose(receivers: readonly Receiver[], isEnd: boolean): StreamProposal {
    const passedTick = settledTick(receivers, isEnd);
    const { decided, undecided } = this.#takeDisorders(passedTick);
    // A group is told of as a whole.
    const beforeTick = Math.min(passedTick, ...undecided.flatMap(({ received }) => received.map(({ tick }) => tick)));
    const isTold = (group: readonly Disorder[]) =>
      group.some(({ isProposed }) => isProposed !== true) &&
      group.every(({ received }) => received.every(({ tick }) => tick < beforeTick));
    const frames = this.#proposals.take(beforeTick, this.chain.recent, receivers).map(({ batch, begun }) => ({
      tick: batch.tick,
      sequence: batch.sequence,
      text: batch.texts[0]!,
      taken: batch.taken,
      passed: this.#passed.get(batch) ?? 0,
      begun,
      firstMs: batch.firstMs,
      isReference: this.isReference(batch),
    }));
    return { frames, disorders: decided.filter(isTold).map((group) => this.#tell(group, receivers)), isEnd };
  }

  #tell(group: readonly Disorder[], receivers: readonly Receiver[]): ProposedDisorder {
    for (const disorder of group) disorder.isProposed = true;
    const { frames, orders } = ordersOf(group, receivers);
    const indexOf = (batch: ExpectedBatch) => this.#proposals.indexOf(batch);
    const counts = new Map<string, [number[], number]>();
    for (const order of orders.values()) {
      const indexes = order.map(indexOf).filter((index) => index >= 0);
      const known = counts.get(indexes.join());
      if (known === undefined) counts.set(indexes.join(), [indexes, 1]);
      else known[1] += 1;
    }
    return { frames: frames.map(indexOf).filter((index) => index >= 0), orders: [...counts.values()] };
  }

  /** Takes in what this generator's subscribers lack: the batches that are new, each with what follows it. */
  insert({ inserted }: StreamAgreement): ExpectedBatch[] {
    return inserted.flatMap(([before, text, firstMs]) => {
      const following = this.#proposals.at(before);
      const batch = following === undefined ? this.#learnBehind(text) : this.learnBefore(following, text);
      if (batch === undefined) return [];
      batch.firstMs = firstMs;
      this.#verdicts.set(batch, true);
      this.#takers.set(batch, []);
      return [batch];
    });
  }

  #learnBehind(text: string): ExpectedBatch | undefined {
    this.#ticks += 1;
    this.#events += 1;
    return this.chain.append({ tick: this.#ticks, sequence: 0, intendedMs: Number.NaN, texts: [text] });
  }

  /** Settles what all generators have agreed on; `insert` comes before. Returns the tick before which everything is. */
  agree(receivers: readonly Receiver[], { count, verdicts, disorders, compared, isEnd }: StreamAgreement): number {
    const batchAt = (index: number) => this.#proposals.at(index)!;
    this.#compared += compared;
    for (const [index, isReference] of verdicts) {
      const batch = batchAt(index);
      this.#verdicts.set(batch, isReference);
      if (!isReference) this.#passed.set(batch, this.#passed.get(batch) ?? 0);
    }
    for (const { frames, orders } of disorders) {
      const elsewhere = orders.map(([order, weight]) => ({ order: order.map(batchAt), weight }));
      this.#disorders.push({ receiver: undefined, received: frames.map(batchAt), elsewhere });
    }
    const agreedTick = this.#proposals.drop(count)?.tick ?? Infinity;
    return this.#settleBefore(receivers, isEnd ? Infinity : Math.min(agreedTick, settledTick(receivers, false)));
  }

  #settleBefore(receivers: readonly Receiver[], beforeTick: number): number {
    this.#retractAccidents(receivers, beforeTick);
    this.#decideOrder(receivers, beforeTick);
    // A frame that was skipped may turn out to be an accident further on.
    const settledTick = beforeTick - repeatBatchesMax;
    for (const receiver of receivers) receiver.settle(settledTick);
    for (const decided of [this.#passed, this.#verdicts])
      for (const batch of decided.keys()) if (batch.tick < settledTick) decided.delete(batch);
    this.chain.release(settledTick);
    return settledTick;
  }

  /** Frames that only a minority received belong to nobody's stream. */
  #retractAccidents(receivers: readonly Receiver[], beforeTick: number): void {
    for (const batch of this.#passed.keys()) {
      if (batch.tick >= beforeTick || this.isReference(batch)) continue;
      const kind = this.#repeats.has(batch) ? "duplicated" : "unexpected";
      // Most here received it, and few elsewhere.
      const takers = this.#takers.get(batch) ?? receivers.filter((receiver) => receiver.received(batch));
      for (const receiver of takers) {
        const place = kind === "duplicated" ? this.#findSkipped(receiver, batch) : undefined;
        if (place === undefined) receiver.retract(batch, kind);
        else {
          receiver.unskip(place);
          const known = this.#disorders.find((one) => one.receiver === receiver && one.received.includes(batch));
          if (known === undefined) this.disordered(receiver, [receivedOrder(receiver, batch, place)]);
          else known.received = known.received.map((other) => (other === batch ? place : other));
        }
      }
      this.#takers.set(batch, []);
    }
  }

  /**
   * Where the others received the frame that this subscriber received as `batch`. Of contents that recur nobody knows:
   * there it counts as one that was lost and another that was doubled.
   */
  #findSkipped(receiver: Receiver, batch: ExpectedBatch): ExpectedBatch | undefined {
    const others: ExpectedBatch[] = [];
    for (const direction of ["previous", "next"] as const) {
      let other = batch[direction];
      for (let away = 1; away < repeatBatchesMax && other !== undefined; away += 1, other = other[direction])
        if (other.texts[0] === batch.texts[0] && this.isReference(other)) others.push(other);
    }
    const [place, ...further] = others;
    if (place === undefined || further.length > 0) return undefined;
    return receiver.hasSkipped(place) ? place : undefined;
  }

  #decideOrder(receivers: readonly Receiver[], beforeTick: number): void {
    const { decided, undecided } = this.#takeDisorders(beforeTick);
    this.#disorders = undecided;
    this.#disorderedCount = undecided.reduce((sum, { received }) => sum + received.length, 0);
    for (const group of decided) {
      const { frames, orders } = ordersOf(group, receivers);
      const elsewhere = group.flatMap((disorder) => disorder.elsewhere ?? []);
      for (const [receiver, batch] of findDisplaced(frames, orders, elsewhere)) receiver.displace(batch);
    }
  }

  /** Disorders of the same frames belong together; a group that reaches beyond `beforeTick` waits. */
  #takeDisorders(beforeTick: number): { decided: Disorder[][]; undecided: Disorder[] } {
    const groupOf = new Map<ExpectedBatch, Disorder[]>();
    for (const disorder of this.#disorders) {
      const groups = new Set(disorder.received.map((batch) => groupOf.get(batch) ?? []));
      const group = [disorder, ...[...groups].flat()];
      for (const { received } of group) for (const batch of received) groupOf.set(batch, group);
    }
    const groups = [...new Set(groupOf.values())];
    const isDecided = (group: readonly Disorder[]) =>
      group.every(({ received }) => received.every(({ tick }) => tick < beforeTick));
    return { decided: groups.filter(isDecided), undecided: groups.filter((group) => !isDecided(group)).flat() };
  }

  /** What makes the comparison worthless, in words: too few events were there for a second subscriber. */
  evidence(): string[] {
    if (this.#compared >= this.#events * comparedShareMin) return [];
    return [
      `only ${this.#compared} of ${this.#events} events were due to more than one subscriber, and nothing else is there to compare them with: neither loss nor latency is known (use 2 or more clients)`,
    ];
  }

  /** Of two copies the first may be the one too many. */
  #markRepeat(batch: ExpectedBatch): void {
    const [text] = batch.texts;
    let { previous, next } = batch;
    for (let away = 0; away < repeatBatchesMax && (previous ?? next) !== undefined; away += 1) {
      for (const other of [previous, next]) {
        if (other === undefined || other.texts[0] !== text) continue;
        this.#repeats.add(batch).add(other);
        return;
      }
      [previous, next] = [previous?.previous, next?.next];
    }
  }
}
