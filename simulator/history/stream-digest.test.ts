import { expect, test } from "vitest";
import { MismatchError } from "../core/errors.js";
import { eventLine } from "../core/event-line.js";
import { createStreamDigest } from "./stream-digest.js";
import { SIMULATOR_VERSION } from "../core/version.js";
import { digestTicks, openWorld, runTicks, sha256, smallScenario, throughJson } from "../world/world.fixture.js";

test("the digest chains the lines that are printed, from the simulator's version on", () => {
  const batches = runTicks(openWorld("1"), 20);
  const digest = createStreamDigest({ hash: sha256 });
  let value = sha256(`max-harness simulator ${SIMULATOR_VERSION}`);
  expect(digest.value).toBe(value);
  for (const batch of batches) {
    digest.observe(batch);
    for (const event of batch.events) value = sha256(value + eventLine(batch, event));
  }
  expect(digest.value).toBe(value);
  expect(digest.events).toBe(batches.reduce((sum, { events }) => sum + events.length, 0));
});

test("a digest resumed from its state ends where the whole one ends", () => {
  const batches = runTicks(openWorld("1"), 40);
  const whole = createStreamDigest({ hash: sha256 });
  for (const batch of batches) whole.observe(batch);
  const first = createStreamDigest({ hash: sha256 });
  for (const batch of batches.slice(0, 13)) first.observe(batch);
  const second = createStreamDigest({ hash: sha256, state: throughJson(first.state()) });
  for (const batch of batches.slice(13)) second.observe(batch);
  expect(second.state()).toEqual(whole.state());
});

test("a state of another simulator version is refused, both named", () => {
  const state = { ...createStreamDigest({ hash: sha256 }).state(), simulatorVersion: "0" };
  expect(() => createStreamDigest({ hash: sha256, state })).toThrow(MismatchError);
  expect(() => createStreamDigest({ hash: sha256, state })).toThrow(
    new RegExp(`version 0 and this is version ${SIMULATOR_VERSION};`),
  );
});

test("a line is JSON with tick, instant, event and payload, in this order", () => {
  const [batch] = runTicks(openWorld("1", smallScenario()), 1);
  const line = eventLine(batch, batch.events[0]);
  expect(line).toBe(
    '{"tick":1,"at":"2026-01-05T14:30:00.250Z","event":"market:update","payload":' +
      `${JSON.stringify(batch.events[0].payload)}}`,
  );
});

test("different seeds give different digests", () => {
  expect(digestTicks(openWorld("1"), 5).value).not.toBe(digestTicks(openWorld("11"), 5).value);
});
