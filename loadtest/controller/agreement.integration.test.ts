/** Subscribers of several generators are compared with each other where the stream can only be learned. */
import { existsSync } from "node:fs";
import { expect } from "vitest";
import { packageRoot } from "../../schemas/package-root.js";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { attack, noFaults, onHold, shortPlan, test } from "../loadtest.fixture.js";
import { type PassingEvent, startProxy } from "../proxy.fixture.js";

const plan = { ...shortPlan, clients: 9, control: { websocket: 0, polling: 0 } };

/** What a subscriber gets instead of an event; undefined where it is none of those that are changed. */
type Plant = (event: PassingEvent) => readonly string[] | undefined;

/** Changes one event of a subscriber, from some index on the first that does not recur. */
function plantAt(hit: number, from: number, change: (text: string) => readonly string[]): Plant {
  let isDone = false;
  return ({ connection, index, text }) => {
    if (isDone || connection !== hit || index < from || !text.startsWith('["market:update"')) return undefined;
    isDone = true;
    return change(text);
  };
}

/** Lets an event come so many others later. */
function plantLate(hit: number, from: number, later: number): Plant {
  let kept: PassingEvent | undefined;
  const leaveOut = plantAt(hit, from, () => []);
  return (event) => {
    const instead = leaveOut(event);
    if (instead !== undefined) kept = event;
    const isTime = event.connection === hit && kept !== undefined && event.index === kept.index + later;
    return isTime ? [event.text, kept!.text] : instead;
  };
}

test("six faults planted among the subscribers of two generators are found and counted, each of them", async ({
  max,
  skip,
}) => {
  const bundle = new URL("dist/bin/generator-process.js", packageRoot);
  skip(isSkippedWithout(existsSync(bundle)), "npm run build makes the generator process");
  const proxy = await startProxy(max.url);
  // Of subscribers that came one after another, and so belong to one generator and the other in turn.
  const plants: readonly Plant[] = [
    plantAt(0, 40, () => []),
    plantAt(1, 44, (text) => [text, text]),
    plantLate(2, 48, 1),
    plantAt(3, 52, (text) => [text.replace("{", '{"planted":1,')]),
    plantAt(4, 56, (text) => [text, '["market:crash",{}]']),
    plantLate(5, 40, 30),
  ];
  const planted = new Set<Plant>();
  const begin = onHold(() => {
    proxy.tamper = (event) => {
      for (const plant of plants) {
        const texts = plant(event);
        if (texts === undefined) continue;
        planted.add(plant);
        return texts;
      }
      return [event.text];
    };
  });
  const { summary } = await attack({ url: proxy.url }, { plan, workers: 2, durationMs: 1000, ...begin });
  expect(summary.target.oracle).toBe("learned");
  expect(summary.generator.workers).toBe(2);
  skip(planted.size < plants.length, "not measured: too few events were sent");
  // An altered event is one lost and another that nobody else got.
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: 2, duplicated: 1, reordered: 2, unexpected: 2 });
  expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
});
