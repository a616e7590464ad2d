/** What the load test sees in a frame's text that a JSON parser hides. */
import { expect, test } from "vitest";
import { LearningSubscribers, createRegenerated, tick } from "./stream-matcher.fixture.js";
import { Conformance, sameMeaning } from "./content.js";
import { StreamMatcher } from "./stream-matcher.js";

const time = '"timestamp":"2026-01-01T00:00:00.000Z"';
const update = `["market:update",{"indexValue":1,${time}}]`;
const candle = `["sector:candle_update",{"sectorId":"s","candle":{"value":1,${time}}}]`;

test.each([
  ["at its top", `["market:update",{"timestamp":"1970",  "indexValue":1,${time}}]`, "/timestamp", update],
  ["with the same value", `["market:update",{${time},"indexValue":1,${time}}]`, "/timestamp", update],
  ["with spaces", `["market:update", {"indexValue": 2, "indexValue" : 1, ${time}}]`, "/indexValue", update],
  ["by an escape", String.raw`["market:update",{"indexV\u0061lue":2,"indexValue":1,${time}}]`, "/indexValue", update],
  ["further down", candle.replace('{"value"', '{"value":2,"value"'), "/candle/value", candle],
])("a key that stands twice %s breaks the contract, and means nothing else's meaning", (_, text, pointer, sound) => {
  const conformance = new Conformance();
  expect(conformance.examine(text)).toMatchObject([{ pointer, keyword: "duplicateKey" }]);
  expect(conformance.examine(sound)).toEqual([]);
  expect(sameMeaning(text, sound)).toBe(false);
});

test("another way of writing the same is sound", () => {
  const conformance = new Conformance();
  for (const text of [
    update.replace(":1,", ":1.0,"),
    update.replaceAll(",", ", "),
    update.replace("indexV", "index\\u0056"),
  ]) {
    expect(conformance.examine(text)).toEqual([]);
    expect(sameMeaning(text, update)).toBe(true);
  }
});

test("a frame with a key twice is corrupted where the stream is known, and no second spelling of it", () => {
  const stream = createRegenerated(tick(1, update, "b1", "c1"), tick(2, "a2", "b2", "c2"));
  const matcher = new StreamMatcher(0, stream, false);
  matcher.connected(0);
  for (const text of [update.replace("{", '{"timestamp":"1970",'), "b1", "c1", "a2", "b2", "c2"])
    matcher.frame(text, 20);
  stream.chain.close(2);
  matcher.finish();
  expect(matcher.counts).toMatchObject({ received: 5, corrupted: 1 });
});

test("on a learned stream it is that subscriber's own", () => {
  const group = new LearningSubscribers(3);
  const texts = Array.from({ length: 9 }, (_, at) => update.replace(":1,", `:${at},`));
  texts.forEach((text, at) =>
    group.matchers.forEach((matcher, id) =>
      group.receive(matcher, id === 0 && at === 4 ? text.replace("{", '{"x":1,"x":1,') : text, at),
    ),
  );
  group.stream.chain.close(Infinity);
  group.finish();
  expect(group.matchers.map(({ counts }) => [counts.lost, counts.unexpected])).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
});
