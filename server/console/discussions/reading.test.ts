import { expect, test } from "vitest";
import { type Line, type Live, continued, hold, newSince, withOlder } from "./reading.js";

function lineOf(id: number): Line {
  const message = { id: `msg-${id}`, content: "", authorId: "a", authorName: "a", timestamp: "", type: "text" };
  return { message };
}

/** A log of `count` messages of which the last `kept` are there. */
function logOf(count: number, kept: number): Live {
  return { count, lines: Array.from({ length: kept }, (_, at) => lineOf(count - kept + at + 1)) };
}

const numbersOf = (log: Live | undefined) => log?.lines.map(({ message }) => Number(message.id.slice(4)));

test("what is held stays as it is, and what comes is counted", () => {
  const held = hold(logOf(10, 3));
  expect(newSince(held, logOf(14, 3))).toBe(4);
  expect(numbersOf(held)).toEqual([8, 9, 10]);
});

test("at the end of what is held it goes on without a gap, or not at all", () => {
  const held = hold(logOf(10, 3));
  const further = continued(held, logOf(12, 3));
  expect(numbersOf(further)).toEqual([8, 9, 10, 11, 12]);
  expect(newSince(further!, logOf(12, 3))).toBe(0);
  expect(continued(held, logOf(13, 3))).toBeUndefined();
});

test("older messages come before, each once", () => {
  const held = withOlder(hold(logOf(10, 3)), [lineOf(6), lineOf(7), lineOf(8)]);
  expect(numbersOf(held)).toEqual([6, 7, 8, 9, 10]);
  expect(newSince(held, logOf(11, 3))).toBe(1);
});

test("another timeline has fewer messages: what is held is none of it", () => {
  expect(newSince(hold(logOf(10, 3)), logOf(2, 2))).toBeUndefined();
});

test("another timeline may have more messages already when it is seen", () => {
  const other = { count: 12, lines: [lineOf(101), lineOf(102), lineOf(103)] };
  expect(newSince(hold(logOf(10, 3)), other)).toBeUndefined();
});
