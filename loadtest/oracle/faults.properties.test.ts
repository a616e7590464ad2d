/**
 * Any subset of a subscriber's deliveries is dropped, doubled, swapped or altered: exactly that is counted, for a
 * stream that is regenerated and for one that is learned.
 *
 * Less can be seen of a learned stream. An altered delivery is one that was lost and one that nobody expected. Where a
 * subscription begins is told by its first frames, so these are sound. Frames that recur stay sound on both: of several
 * equal ones nobody can tell which was dropped, nor whether one was doubled or another came late.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { type DeliveryCounts, createCounts } from "./delivery-counts.js";
import type { DeliveryResult } from "./delivery-result.js";
import type { PlannedBatch } from "./expected-batch.js";
import { LearningSubscribers, createRegenerated, tick } from "./stream-matcher.fixture.js";
import { StreamMatcher } from "./stream-matcher.js";

const seed = 18;
const soundAtFirst = 8;

type Fault = "none" | "dropped" | "doubled" | "swapped" | "altered";
interface Item {
  readonly fault: Fault;
  /** The agent of a status that recurs, before the item. */
  readonly status: string | undefined;
}

const anyItems = (faults: readonly Fault[]) =>
  fc.array(
    fc.record<Item>({
      fault: fc.oneof({ weight: 3, arbitrary: fc.constant("none" as const) }, fc.constantFrom(...faults)),
      status: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined, freq: 1 }),
    }),
    { minLength: 20, maxLength: 120 },
  );

const updateOf = (value: number) => `["market:update",{"indexValue":${value}}]`;
const statusOf = (agent: string) => `["agent:status_update",{"agentId":"${agent}","status":"idle"}]`;

interface Damaged {
  readonly sent: readonly string[];
  readonly received: readonly string[];
  readonly counts: DeliveryCounts;
}

/** A swapped item comes behind the next one. */
function damage(items: readonly Item[], hasStatuses: boolean): Damaged {
  const counts = createCounts();
  const sent: string[] = [];
  const received: string[] = [];
  let late: string | undefined;
  items.forEach(({ fault, status }, at) => {
    const text = updateOf(at);
    const isSound = at < soundAtFirst || late !== undefined || at === items.length - 1;
    if (status !== undefined && hasStatuses && late === undefined) {
      sent.push(statusOf(status));
      received.push(statusOf(status));
    }
    sent.push(text);
    if (isSound || fault === "none") received.push(text);
    else if (fault === "dropped") counts.lost += 1;
    else if (fault === "altered") {
      received.push(text.replace("{", '{"x":1,'));
      counts.corrupted += 1;
    } else if (fault === "doubled") {
      received.push(text, text);
      counts.duplicated += 1;
    }
    if (late !== undefined) received.push(late);
    late = !isSound && fault === "swapped" ? text : undefined;
    if (late !== undefined) counts.reordered += 1;
  });
  counts.received = sent.length - counts.lost - counts.corrupted;
  return { sent, received, counts };
}

/** Ticks of four. */
function planOf(texts: readonly string[]): PlannedBatch[] {
  const ticks = Array.from({ length: Math.ceil(texts.length / 4) }, (_, at) => texts.slice(4 * at, 4 * at + 4));
  return ticks.map((items, at) => tick(at + 1, ...items));
}

/** What a caller who adds up the answers counts. */
function addUp(results: readonly DeliveryResult[]): DeliveryCounts {
  const counts = createCounts();
  for (const { kind } of results) {
    if (kind === "delivered") counts.received += 1;
    else if (kind === "retracted") counts.received -= 1;
    else if (kind === "found") counts.lost -= 1;
    else if (kind !== "greeting" && kind !== "learned") counts[kind] += 1;
  }
  return counts;
}

const kinds: readonly (readonly [string, readonly Fault[]])[] = [
  ["nothing", ["none"]],
  ["dropped", ["dropped"]],
  ["doubled", ["doubled"]],
  ["swapped", ["swapped"]],
  ["altered", ["altered"]],
  ["dropped, doubled, swapped or altered", ["dropped", "doubled", "swapped", "altered"]],
];
const runs = { seed, numRuns: amount(100, 10_000) };

test.each(kinds)(`regenerated: any subset %s is counted exactly (seed ${seed})`, (_, faults) => {
  fc.assert(
    fc.property(anyItems(faults), fc.boolean(), (items, hasStatuses) => {
      const { sent, received, counts } = damage(items, hasStatuses);
      const stream = createRegenerated(...planOf(sent));
      const matcher = new StreamMatcher(0, stream, false);
      matcher.connected(0);
      const results = received.flatMap((text) => matcher.frame(text, 100));
      stream.chain.close(sent.length);
      results.push(...matcher.finish());
      expect(matcher.counts).toEqual(counts);
      expect(addUp(results)).toEqual(counts);
    }),
    runs,
  );
});

test.each(kinds)(
  `learned: any subset %s is counted exactly, and nobody else is accused (seed ${seed})`,
  (_, faults) => {
    fc.assert(
      fc.property(anyItems(faults), fc.boolean(), fc.nat({ max: 3 }), (items, hasStatuses, first) => {
        const { sent, received, counts } = damage(items, hasStatuses);
        const group = new LearningSubscribers(4);
        const deliveries = group.matchers.map((__, at) => (at === 0 ? received : sent));
        // Whoever reads first founds the stream; each reads all that there is of a few ticks.
        for (let from = 0; from < sent.length + items.length; from += 16)
          for (let turn = 0; turn < 4; turn += 1) {
            const at = (first + turn) % 4;
            for (const text of deliveries[at].slice(from, from + 16)) group.receive(group.matchers[at], text, 20);
          }
        group.stream.chain.close(Infinity);
        group.finish();
        const [damaged, ...sound] = group.matchers;
        expect(damaged.counts).toEqual({
          ...counts,
          lost: counts.lost + counts.corrupted,
          unexpected: counts.corrupted,
          corrupted: 0,
        });
        for (const matcher of sound) expect(matcher.counts).toEqual({ ...createCounts(), received: sent.length });
      }),
      runs,
    );
  },
);
