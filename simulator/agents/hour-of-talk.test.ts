/** What people hear: the talk of the shipped scenarios, run in their own worlds. */
import { expect, test } from "vitest";
import { createEventChecks } from "../../schemas/index.js";
import { shippedScenarios } from "../scenarios/index.js";
import type { MessageCause } from "../core/types.js";
import { openWorld, shipped } from "../world/world.fixture.js";

interface Heard {
  readonly room: string;
  readonly text: string;
  readonly author: string;
  readonly minute: number;
}

function listen(name: string, seed: string, minutes: number) {
  const world = openWorld(seed, shipped(name));
  const checks = createEventChecks();
  const heard: Heard[] = [];
  const causes: MessageCause[] = [];
  const kinds = new Set<string>();
  let invalid = 0;
  for (let tick = 0; tick < (minutes * 60_000) / world.tickMs; tick += 1) {
    const batch = world.step();
    causes.push(...batch.causes);
    for (const event of batch.events) {
      kinds.add(event.event);
      if (event.event === "market:update" || event.event === "sector:candle_update") continue;
      if (!checks[event.event](event.payload)) invalid += 1;
      if (event.event !== "discussion:new_message") continue;
      const { discussionId: room, message } = event.payload;
      const minute = Math.floor((batch.atMs - world.startMs) / 60_000);
      heard.push({ room, text: message.content, author: message.authorId, minute });
    }
  }
  return { heard, causes, kinds, invalid, world };
}

/** Shares of texts that the same room has heard before, word for word. */
function shareOfRepeats(heard: readonly Heard[]): number {
  const said = new Set(heard.map(({ room, text }) => `${room} ${text}`));
  return 1 - said.size / heard.length;
}

const names = [...shippedScenarios.keys()].filter((name) => name !== "stress");

test.each(names)("half an hour of %s: everybody speaks, nothing is invalid, hardly anything is said twice", (name) => {
  const { heard, causes, invalid, world } = listen(name, "42", 30);
  expect(invalid).toBe(0);
  expect(causes.length).toBe(heard.length);
  expect(new Set(heard.map(({ room }) => room)).size).toBe(world.discussions().length);
  expect(new Set(heard.map(({ author }) => author)).size).toBe(world.agents().length);
  // Up to 0.029 in one of twelve seeds, and another simulator version is another seed.
  expect(shareOfRepeats(heard)).toBeLessThan(0.04);
  expect(Math.max(...heard.map(({ text }) => text.length))).toBeLessThan(400);
});

test("an hour of a trading day has less than one text in a hundred twice in a room, and no phrase all the time", () => {
  const { heard } = listen("trading-day", "7", 60);
  expect(heard.length).toBeGreaterThan(300);
  expect(shareOfRepeats(heard)).toBeLessThan(0.01);
  const phrases = heard.flatMap(({ room, text }) =>
    text.split(/(?<=[.?!]) /).map((phrase) => `${room} ${phrase.replaceAll(/[+-]?\d[\d.]*%?/g, "#")}`),
  );
  const counts = new Map<string, number>();
  for (const phrase of phrases) counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(phrases.length / 100);
});

test.each(["1", "2", "3", "42", "demo"])(
  "all four kinds of event come within thirty seconds of a default start (seed %s)",
  (seed) => {
    expect(listen("trading-day", seed, 0.5).kinds.size).toBe(4);
  },
);

test("talk comes in bursts: messages a minute vary more than twice as much as by chance", () => {
  const { heard } = listen("trading-day", "2010-05-06", 180);
  const minutes = Array.from({ length: 180 }, () => 0);
  for (const { minute } of heard) if (minute < 180) minutes[minute] += 1;
  const mean = heard.length / 180;
  const variance = minutes.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / 179;
  expect(variance / mean).toBeGreaterThan(2);
});

test("what a scenario has its agents whisper is heard in its words", () => {
  const { heard } = listen("rumour-mill", "42", 6);
  expect(heard.filter(({ text }) => text.includes("a large supplier has lost a contract")).length).toBeGreaterThan(2);
});

test("a hundred and ten sectors are talked about as well", () => {
  const { heard, invalid } = listen("stress", "42", 2);
  expect(invalid).toBe(0);
  expect(heard.length).toBeGreaterThan(20);
});
