/**
 * Decides in which order the frames of a learned stream were sent, where subscribers received them in different
 * orders: as the majority of those who received both frames of a pair. Pure.
 *
 * Where the votes are equal, and beyond `votedFramesMax` frames that depend on each other, the order stays as it was.
 */

/** Each subscriber's frames in the order of their arrival. */
export type ReceivedOrders<Subscriber, Frame> = ReadonlyMap<Subscriber, readonly Frame[]>;

const votedFramesMax = 64;

/** Indexes of the values, where they are out of order: stretches that are sorted among each other, none in itself. */
export function findDisorders(values: readonly number[]): number[][] {
  const smallestFrom = [...values, Infinity];
  for (let at = values.length - 1; at >= 0; at -= 1)
    smallestFrom[at] = Math.min(smallestFrom[at]!, smallestFrom[at + 1]!);
  const stretches: number[][] = [];
  let stretch: number[] = [];
  let greatest = -Infinity;
  values.forEach((value, at) => {
    stretch.push(at);
    greatest = Math.max(greatest, value);
    if (greatest > smallestFrom[at + 1]!) return;
    if (stretch.length > 1) stretches.push(stretch);
    stretch = [];
  });
  return stretches;
}

/** Indexes of the values outside a longest increasing run: as few as must be moved to sort the rest. */
export function findOutOfOrder(values: readonly number[]): number[] {
  /** The last index of the best run of each length, and each value's predecessor in its run. */
  const ends: number[] = [];
  const before: number[] = [];
  values.forEach((value, at) => {
    let length = ends.length;
    while (length > 0 && values[ends[length - 1]!]! >= value) length -= 1;
    before.push(length > 0 ? ends[length - 1]! : -1);
    ends[length] = at;
  });
  const inOrder = new Set<number>();
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]!) inOrder.add(at);
  return values.flatMap((_, at) => (inOrder.has(at) ? [] : [at]));
}

/** An order in which several subscribers received frames. */
export interface WeightedOrder<Frame> {
  readonly order: readonly Frame[];
  readonly weight: number;
}

/** The frames in the order of the majority; `frames` are in the order so far. */
function orderByMajority<Frame>(frames: readonly Frame[], orders: Iterable<WeightedOrder<Frame>>): readonly Frame[] {
  if (frames.length > votedFramesMax) return frames;
  const indexOf = new Map(frames.map((frame, index) => [frame, index]));
  const votes = frames.map(() => frames.map(() => 0));
  for (const { order, weight } of orders) {
    const indexes = order.map((frame) => indexOf.get(frame) ?? 0);
    indexes.forEach((first, at) => {
      for (const second of indexes.slice(at + 1)) votes[first]![second]! += weight;
    });
  }
  const wins = frames.map(
    (_, index) =>
      frames.filter((__, other) => {
        const lead = votes[index]![other]! - votes[other]![index]!;
        return lead > 0 || (lead === 0 && index < other);
      }).length,
  );
  return frames
    .map((frame, index) => ({ frame, index }))
    .toSorted((a, b) => wins[b.index]! - wins[a.index]! || a.index - b.index)
    .map(({ frame }) => frame);
}

/**
 * What each subscriber received out of the majority's order.
 *
 * @param frames in the order so far
 * @param elsewhere votes of subscribers that are none of these
 */
export function* findDisplaced<Subscriber, Frame>(
  frames: readonly Frame[],
  orders: ReceivedOrders<Subscriber, Frame>,
  elsewhere: readonly WeightedOrder<Frame>[] = [],
): Generator<readonly [Subscriber, Frame]> {
  const here = [...orders.values()].map((order) => ({ order, weight: 1 }));
  const majority = orderByMajority(frames, [...here, ...elsewhere]);
  const positionOf = new Map(majority.map((frame, position) => [frame, position]));
  for (const [subscriber, order] of orders) {
    const positions = order.map((frame) => positionOf.get(frame) ?? 0);
    for (const at of findOutOfOrder(positions)) yield [subscriber, order[at]!];
  }
}
