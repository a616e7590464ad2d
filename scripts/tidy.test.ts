/** What a compiler and a linter do not see, held by a test instead of by prose. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageRoot } from "../schemas/package-root.js";

const files = execFileSync("git", ["ls-files"], { cwd: packageRoot, encoding: "utf8" }).trimEnd().split("\n");
const sources = files.filter((file) => /\.tsx?$/.test(file) && !/generated|\.test\.ts$|\.fixture\.ts$/.test(file));

const read = (file: string) => readFileSync(new URL(file, packageRoot), "utf8");

test("the root holds the rooms and what has to lie beside them, and no other folder", () => {
  const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.slice(0, file.indexOf("/"))));
  expect([...folders].filter((folder) => !folder.startsWith(".")).toSorted()).toEqual([
    "loadtest",
    "schemas",
    "scripts",
    "server",
    "simulator",
  ]);
});

test("every source file begins by saying what it is for", () => {
  const silent = sources.filter((file) => !/^(#!.*\n|\/\* eslint.*\n)?(\/\*\*|\/\/ Generated)/.test(read(file)));
  expect(silent).toEqual([]);
});

test("no source file has outgrown one idea", () => {
  const long = sources.map((file) => [file, read(file).split("\n").length] as const).filter(([, lines]) => lines > 380);
  expect(long).toEqual([]);
});

test("nothing names this machine, or a registry's host", () => {
  const named = files.filter((file) =>
    /(?:^|[^\w/])\/(?:work|home|root|Users)\/\w|registry\.npmjs|"resolved":/.test(read(file)),
  );
  expect(named.filter((file) => file !== "scripts/tidy.test.ts")).toEqual([]);
});

test("ARCHITECTURE.md gives the reason of every dependency, and of no other package", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const installed = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith("@types/"));
  const section = read("ARCHITECTURE.md").split("\n## Dependencies\n")[1]?.split("\n## ")[0] ?? "";
  const documented = [...section.matchAll(/^- ([^\s:]+)(?: \(|:)/gm)].map(([, name]) => name);
  expect(documented.toSorted()).toEqual(installed.toSorted());
});

test("whoever installs the package runs none of its scripts", () => {
  // npm runs `dependencies`, which builds, in the checkout alone; the others it runs, or warns of, at every installation.
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Record<string, string> };
  expect(scripts["dependencies"]).toBe("npm run build");
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([]);
});

test("a test's name tells what it uses: a unit test has no server, and only a property has amounts", () => {
  const tests = files.filter((file) => file.endsWith(".test.ts") && !/^scripts\/(?:examples|tidy)/.test(file));
  const units = tests.filter((file) => !/\.(?:integration|browser|long)\.test\.ts$/.test(file));
  const others =
    /await (?:startMax|startApi|openRoom|openTestStore)\(|\bcreateServer\(|(?:cli|browser|raw-client)\.fixture/;
  expect(units.filter((file) => others.test(read(file)))).toEqual([]);
  const amounts = tests.filter((file) => read(file).includes("amount.fixture.js"));
  expect(amounts.filter((file) => !/\.properties(?:\.integration)?\.test\.ts$/.test(file))).toEqual([]);
});

test("no file is committed that git ignores: generated values are built", () => {
  const args = ["ls-files", "--cached", "--ignored", "--exclude-standard"];
  expect(execFileSync("git", args, { cwd: packageRoot, encoding: "utf8" })).toBe("");
});
