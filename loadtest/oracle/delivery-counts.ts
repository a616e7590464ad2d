/**
 * The accounts of deliveries: what each subscriber should have got and what became of it.
 *
 * Invariant: expected = received + lost + corrupted + conflated + missed. Reordered deliveries are among the
 * received; duplicated and unexpected ones come on top.
 */
export interface DeliveryCounts {
  /** Arrived with the expected bytes, at the right place or another. */
  received: number;
  /** Never arrived. */
  lost: number;
  /** Arrived once more. */
  duplicated: number;
  /** Arrived, but not in order. */
  reordered: number;
  /** Arrived at its place with other content. */
  corrupted: number;
  /** Arrived and is no part of the stream. */
  unexpected: number;
  /** Skipped by the server for a subscriber that reads slowly on purpose. */
  conflated: number;
  /** Left the server while the subscriber was away by plan. */
  missed: number;
}

export interface DeliveryTotals extends DeliveryCounts {
  expected: number;
}

export function createCounts(): DeliveryCounts {
  return { received: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0, conflated: 0, missed: 0 };
}

export function addCounts(sum: DeliveryCounts, one: DeliveryCounts): void {
  sum.received += one.received;
  sum.lost += one.lost;
  sum.duplicated += one.duplicated;
  sum.reordered += one.reordered;
  sum.corrupted += one.corrupted;
  sum.unexpected += one.unexpected;
  sum.conflated += one.conflated;
  sum.missed += one.missed;
}

export function totalsOf(counts: DeliveryCounts): DeliveryTotals {
  const { received, lost, corrupted, conflated, missed } = counts;
  return { expected: received + lost + corrupted + conflated + missed, ...counts };
}

export function countFaults(counts: DeliveryCounts): number {
  return counts.lost + counts.duplicated + counts.reordered + counts.corrupted + counts.unexpected;
}
