/** JSON pointers lead to what they were made for, whatever the names are. */
import { expect, test } from "vitest";
import { namesIn, pointerTo, valueAt } from "./json-pointer.js";

const names = ["candle", "", "a/b", "m~n", "~1", "~01", "/~"];

test.each(names)("a property named %j is found by its pointer", (name) => {
  expect(namesIn(`/outer${pointerTo(name)}`)).toEqual(["outer", name]);
  expect(valueAt({ outer: { [name]: 7 } }, `/outer${pointerTo(name)}`)).toBe(7);
});

test("the empty pointer is the whole value, and a place that is not there has none", () => {
  expect(valueAt(5, "")).toBe(5);
  expect(valueAt({ a: [1, 2] }, "/a/1")).toBe(2);
  expect(valueAt({ a: null }, "/a/b/c")).toBeUndefined();
  expect(valueAt("text", "/length")).toBeUndefined();
});
