import { effect } from "@preact/signals";
import { expect, onTestFinished, test, vi } from "vitest";
import { atNextFrame, framed } from "./frame.js";

test("a flush that fails is reported, and the others of its frame are drawn", () => {
  const frames: (() => void)[] = [];
  const reported: unknown[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  onTestFinished(() => void vi.unstubAllGlobals());
  const [before, after] = [framed(0), framed(0)];
  const shown: number[] = [];
  effect(() => void shown.push(before.shown.value + after.shown.value));

  before.set(1);
  atNextFrame(() => {
    throw new RangeError("of a chart");
  });
  after.set(1);
  frames.shift()?.();
  expect(shown).toEqual([0, 2]);
  expect(reported).toEqual([new RangeError("of a chart")]);

  after.set(2);
  frames.shift()?.();
  expect(shown).toEqual([0, 2, 3]);
});
