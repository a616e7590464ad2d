import { expect, test } from "vitest";
import { formatTable } from "./table.js";

const rows = [
  ["rule", ""],
  ["a-long-rule", "x"],
  ["b", "long"],
];

test("columns are as wide as their widest cell", () => {
  expect(formatTable(rows, { align: "right" })).toEqual(["rule", "a-long-rule     x", "b            long"]);
  expect(formatTable(rows, { align: "left", isRuled: true })).toEqual([
    "rule",
    "-----------  ----",
    "a-long-rule  x",
    "b            long",
  ]);
});
