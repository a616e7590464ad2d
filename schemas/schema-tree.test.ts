/** The one way through the schema files, across references and into the values that they describe. */
import { expect, test } from "vitest";
import { createSchemaSet, schemaWithin } from "./schema-tree.js";

test.each([
  [["stages", "0", "durationMs"], "integer"],
  [["server", "speed"], "number"],
  [[], "object"],
] as const)("the schema of a plan's /%j is found, references followed", (names, type) => {
  expect(schemaWithin("plan.schema.json", names).type).toBe(type);
});

test.each([[["unknown"]], [["stages", "kind"]], [["toString"]], [["clients", "0", "deeper"]]])(
  "nothing is said of a plan's /%j, which is no place of it",
  (names) => {
    expect(schemaWithin("plan.schema.json", names)).toEqual({});
  },
);

test("keywords beside a reference are added to its target, once", () => {
  const file = { $id: "http://a/a.json", $defs: { word: { type: "string", maxLength: 5 } } };
  const set = createSchemaSet([file]);
  const node = { $ref: "#/$defs/word", maxLength: 3, default: "abc" };
  expect(set.follow(node, file.$id)).toEqual({
    node: { type: "string", maxLength: 3, default: "abc" },
    base: file.$id,
  });
  expect(set.follow(node, file.$id)).toBe(set.follow(node, file.$id));
});

test("a reference that leads nowhere is named", () => {
  const set = createSchemaSet([{ $id: "http://a/a.json" }]);
  expect(() => set.follow({ $ref: "b.json#/x" }, "http://a/a.json")).toThrow("b.json#/x in http://a/a.json");
});
