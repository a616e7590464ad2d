import { expect, test } from "vitest";
import { findExcess, findUnsafeJson } from "./json-scan.js";

test.each([
  ["json-number", '{"value": NaN}', "/value"],
  ["json-number", "[1, -Infinity]", "/1"],
  ["json-integer-range", '{"a": [9007199254740993]}', "/a/0"],
  ["json-duplicate-key", '{"a": {"b": 1, "b": 2}}', "/a/b"],
  ["json-surrogate", String.raw`{"a": "\ud800"}`, "/a"],
  ["json-syntax", "{'a': 1}", ""],
  ["json-syntax", '{"a": 1,}', ""],
  ["json-syntax", "[1] 2", ""],
  ["json-syntax", "<html>", ""],
  ["json-syntax", "", ""],
  ["json-syntax", "[01]", ""],
])("%s is found in %s", (rule, text, pointer) => {
  expect(findUnsafeJson(text).map((input) => [input.rule, input.pointer])).toEqual([[rule, pointer]]);
});

test.each([
  '{"a": [1.0, 1, -0.5e-7, true, null, "x\\u00e9\\ud83d\\ude00"], "b": {}}',
  "[]",
  " 1.0 ",
  '"text"',
  "9007199254740991",
])("nothing is unsafe in %s", (text) => {
  expect(findUnsafeJson(text)).toEqual([]);
});

test("nesting without end is refused, not followed", () => {
  expect(findUnsafeJson("[".repeat(100_000))[0]?.rule).toBe("json-syntax");
});

test.each([
  ['{"a":[1,2,"[[[,,,\\"[[",{}]}', undefined],
  ["[".repeat(200) + "]".repeat(200), undefined],
  ["[".repeat(201), "is nested deeper than 200"],
  [`[${"1,".repeat(19_998)}1]`, undefined],
  [`[${"1,".repeat(20_000)}1]`, "has more than 20000 JSON values"],
  [`["${"[,{".repeat(20_000)}"]`, undefined],
])("a text is excessive by its values and their depth, and not by what its strings hold", (text, excess) => {
  expect(findExcess(text)).toBe(excess);
});
