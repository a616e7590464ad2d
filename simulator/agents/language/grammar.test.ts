import { expect, test } from "vitest";
import { type Draw, compileGrammar, expand, references } from "./grammar.js";

const first: Draw = () => 0;

test("a rule becomes its drawFromBag alternative, facts and inner rules filled in", () => {
  const grammar = compileGrammar({ remark: ["{sector} at {value}, {tone}", "unused"], tone: ["as expected."] });
  expect(expand(grammar, "remark", [{ sector: "Energy", value: "876.90" }], first)).toBe(
    "Energy at 876.90, as expected.",
  );
});

test("a fact selects a variant, and a missing variant falls back to a shorter name", () => {
  const grammar = compileGrammar({
    remark: ["{take@voice@dir}"],
    take: ["plain"],
    "take@risk": ["careful"],
    "take@risk@up": ["careful, it is up"],
  });
  expect(expand(grammar, "remark", [{ voice: "risk", dir: "up" }], first)).toBe("Careful, it is up");
  expect(expand(grammar, "remark", [{ voice: "risk", dir: "flat" }], first)).toBe("Careful");
  expect(expand(grammar, "remark", [{ voice: "macro", dir: "up" }], first)).toBe("Plain");
  expect(expand(grammar, "remark", [{}], first)).toBe("Plain");
});

test("facts are never read as grammar, whatever people call themselves", () => {
  const grammar = compileGrammar({ greeting: ["Hello {visitor}."], secret: ["no"] });
  expect(expand(grammar, "greeting", [{ visitor: "{secret} $& {visitor}" }], first)).toBe(
    "Hello {secret} $& {visitor}.",
  );
});

test("every sentence begins with a capital", () => {
  const grammar = compileGrammar({ remark: ["{a} {b} 1.5 and more? {a}"], a: ["one."], b: ["two!"] });
  expect(expand(grammar, "remark", [{}], first)).toBe("One. Two! 1.5 and more? One.");
});

test("the shuffle bag learns a rule's name only where everybody would use it", () => {
  const grammar = compileGrammar({ remark: ["{line} {take@voice}"], line: ["a"], "take@risk": ["b {line}"] });
  const slots: (string | undefined)[] = [];
  expand(grammar, "remark", [{ voice: "risk" }], (_key, _size, slot) => {
    slots.push(slot);
    return 0;
  });
  // The variant itself is asked for by everybody; what stands inside it is only that voice's.
  expect(slots).toEqual(["remark", "line", "take", undefined]);
});

test("mistakes in the data are refused by name", () => {
  expect(() => compileGrammar({ twice: ["a"] }, { twice: ["b"] })).toThrow("The grammar defines twice twice");
  expect(() => expand(compileGrammar({ remark: ["{nowhere}"] }), "remark", [{}], first)).toThrow("no rule nowhere");
});

test("references of a rule are listed once for each place", () => {
  const grammar = compileGrammar({ remark: ["{sector} {take@voice}", "{sector}"] });
  expect(references(grammar, "remark").map(({ name }) => name)).toEqual(["sector", "take", "sector"]);
  expect(references(grammar, "absent")).toEqual([]);
});

test("of facts with the same name the last one told counts", () => {
  const grammar = compileGrammar({ remark: ["{mood}"] });
  expect(expand(grammar, "remark", [{ mood: "calm" }, { mood: "wild" }, { mood: undefined }], first)).toBe("Wild");
});
