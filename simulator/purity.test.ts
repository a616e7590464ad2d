/**
 * The simulator is a pure function: nothing in it may depend on engine, processor, clock, zone or chance.
 * The compiler knows neither Node nor a browser here; this test keeps out what the language itself brings.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = new URL("./", import.meta.url).pathname;
const files = (await readdir(root, { recursive: true })).filter(
  (path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.endsWith(".fixture.ts"),
);

/** Correctly rounded, or exact, on every engine. */
const allowedMath = new Set([
  "sqrt",
  "floor",
  "ceil",
  "trunc",
  "sign",
  "round",
  "abs",
  "min",
  "max",
  "imul",
  "LOG2E",
  "SQRT1_2",
  "SQRT2",
]);
const banned: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["the power operator", /\*\*/],
  ["Date", /\bDate\b/],
  ["a timer", /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/],
  ["ambient state", /\bglobalThis\b|\bdeclare (?:const|var|let|function)\b/],
  ["a locale", /\b(?:Intl|toLocale\w*|localeCompare|normalize)\b/],
  ["the platform's modules", /from "node:|\brequire\(|\bimport\(/],
];

const remedy =
  "exp, log and the normal distribution are in simulator/numeric/, chance in simulator/random/stream.ts, instants in " +
  "schemas/instant.ts; a power is a product, order is that of < and >; what needs a clock or a platform is handed in";

/** Code without comments and without the contents of strings; templates keep their expressions. */
function codeOf(source: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|(from )?("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|`(?:[^`\\]|\\.)*`/g;
  return source.replace(tokens, (token: string, from: string | undefined) => {
    if (from !== undefined) return token;
    if (token.startsWith("`")) return [...token.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code).join(" ");
    return " ";
  });
}

test.each(files)("%s is pure", async (file) => {
  const code = codeOf(await readFile(join(root, file), "utf8"));
  const found = banned.filter(([, pattern]) => pattern.test(code)).map(([what]) => what);
  const math = [...code.matchAll(/\bMath\b(?:\.(\w+))?/g)]
    .map(([, name]) => name)
    .filter((name) => !allowedMath.has(name));
  expect({ found, math }, remedy).toEqual({ found: [], math: [] });
});

test("the tokeniser drops comments and strings and keeps code", () => {
  const code = codeOf(
    'const a = "Date"; // Date\n/* Math.exp */ const b = `Date ${Math.cos(a)}`; import c from "node:fs";',
  );
  expect(code).not.toContain("Date");
  expect(code).not.toContain("exp");
  expect(code).toContain("Math.cos(a)");
  expect(code).toContain('from "node:fs"');
});
