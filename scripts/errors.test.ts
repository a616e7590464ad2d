/** The codes that users meet are documented as they are: none missing, none left over. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadtestErrors } from "../loadtest/core/errors.js";
import { packageRoot } from "../schemas/package-root.js";
import { startErrors } from "../server/core/errors.js";
import { exitCodes } from "./cli-error.js";

const [, section = ""] = readFileSync(new URL("README.md", packageRoot), "utf8").split("\n## Errors\n");
/** The exit codes, then the codes of each part of the library. */
const tables = (section.split("\n## ", 1)[0] ?? "")
  .split("<details>")
  .map((part) =>
    [...part.matchAll(/^\|(.+)\|$/gm)]
      .map(([, row = ""]) => row.split("|").map((cell) => cell.trim().replaceAll("`", "")))
      .slice(2),
  );

test("README.md lists every exit code", () => {
  expect(tables[0]?.map(([code]) => Number(code))).toEqual(Object.values(exitCodes));
});

test.each([
  ["startErrors", startErrors, 1],
  ["loadtestErrors", loadtestErrors, 2],
] as const)("README.md lists every code of %s, with its exit code and meaning", (_, errors, at) => {
  const expected = Object.entries(errors).map(([code, { exitCode, meaning }]) => [code, `${exitCode}`, meaning]);
  expect(tables[at]).toEqual(expected);
});

test("no error ends with a code that the command line does not have", () => {
  const codes: readonly number[] = Object.values(exitCodes);
  const used = [startErrors, loadtestErrors].flatMap((errors) => Object.values(errors).map(({ exitCode }) => exitCode));
  expect(used.filter((code) => !codes.includes(code))).toEqual([]);
});
