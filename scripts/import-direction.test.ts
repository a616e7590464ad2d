/**
 * Data flows one way, between the rooms within a folder as well; between the folders the compiler sees to it.
 *
 * A row says what a room may import. "server" and "loadtest" alone are the files that lie directly in them, and a
 * room's tests and fixtures may use what they like.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

const mayImport: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  "simulator/core": ["schemas"],
  "simulator/numeric": [],
  "simulator/random": ["simulator/numeric", "simulator/core"],
  "simulator/pacing": [],
  "simulator/scenarios": ["schemas", "simulator/scenario"],
  "simulator/scenario": ["schemas", "simulator/scenarios"],
  "simulator/market": ["schemas", "simulator/scenario", "simulator/random", "simulator/numeric", "simulator/core"],
  "simulator/agents": ["schemas", "simulator/random", "simulator/numeric", "simulator/core"],
  "simulator/world": ["schemas", "simulator/*"],
  "simulator/history": ["simulator/world", "simulator/core"],
  "simulator/forecast": ["schemas", "simulator/*"],
  simulator: ["schemas", "simulator/*"],
  "server/core": ["schemas", "simulator"],
  "server/http": ["schemas", "server/core"],
  "server/realtime": ["schemas", "simulator", "server/http", "server/core"],
  "server/store": ["schemas", "simulator", "simulator/market", "server/core"],
  "server/cluster": ["schemas", "simulator", "server/store", "server/core"],
  "server/simulation": ["schemas", "simulator", "server/cluster", "server/store", "server/core"],
  "server/api": [
    "schemas",
    "simulator",
    "server/http",
    "server/cluster",
    "server/store",
    "server/simulation",
    "server/core",
  ],
  "server/metrics": ["server/realtime", "server/simulation", "server/cluster", "server/http", "server/core"],
  "server/telemetry": ["schemas", "server/metrics", "server/core"],
  "server/console": ["schemas"],
  server: ["schemas", "simulator", "server/*"],
  "loadtest/core": ["schemas"],
  "loadtest/oracle": ["schemas", "simulator", "loadtest/core"],
  "loadtest/clients": ["loadtest/oracle", "loadtest/core"],
  "loadtest/generator": ["schemas", "loadtest/clients", "loadtest/oracle", "loadtest/core"],
  "loadtest/agents": ["schemas", "simulator", "loadtest/generator", "loadtest/oracle", "loadtest/core"],
  "loadtest/cost": ["loadtest/core"],
  "loadtest/rest": ["schemas", "simulator/random", "loadtest/core"],
  "loadtest/plans": ["schemas", "loadtest/core", "loadtest/oracle", "loadtest/rest", "loadtest/verdict"],
  "loadtest/comparison": ["schemas", "simulator/random", "loadtest/core"],
  "loadtest/capacity": ["schemas", "loadtest/core"],
  "loadtest/ab": ["schemas", "loadtest/comparison", "loadtest/core"],
  "loadtest/verdict": [
    "schemas",
    "loadtest/rest",
    "loadtest/cost",
    "loadtest/generator",
    "loadtest/oracle",
    "loadtest/core",
  ],
  "loadtest/report": [
    "schemas",
    "loadtest/comparison",
    "loadtest/capacity",
    "loadtest/ab",
    "loadtest/generator",
    "loadtest/core",
  ],
  "loadtest/live": ["schemas", "loadtest/report", "loadtest/verdict", "loadtest/core"],
  "loadtest/controller": ["schemas", "simulator", "loadtest/*"],
  "loadtest/contract": ["schemas", "loadtest/clients", "loadtest/oracle", "loadtest/report", "loadtest/core"],
  loadtest: ["schemas", "simulator", "loadtest/*"],
  scripts: ["schemas", "simulator", "simulator/*", "server", "server/*", "loadtest", "loadtest/*"],
};

const divided = new Set(["simulator", "server", "loadtest"]);

function roomOf(file: string): string {
  const [folder, inner, ...rest] = file.split("/");
  return divided.has(folder) && rest.length > 0 ? `${folder}/${inner}` : folder;
}

function isAllowed(from: string, to: string, isType: boolean): boolean {
  const allowed = mayImport[from] ?? [];
  const inFolder = `${to.split("/")[0]}/*`;
  return allowed.some((room) => room === to || room === inFolder || (isType && room === `${to} (types)`));
}

const importStatement = /^(?:import|export)( type)?\s[^;]*?from "(\.[^"]+)";/gm;

interface Import {
  readonly path: string;
  readonly isType: boolean;
}

/** The imports of each file that is not a test's, types included. */
const importsOf = new Map<string, readonly Import[]>(
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .filter((file) => !/\.(?:test|fixture)\.tsx?$/.test(file) && Object.hasOwn(mayImport, roomOf(file)))
    .map((file) => {
      const found = [...readFileSync(file, "utf8").matchAll(importStatement)];
      const imports = found.map(([, type, specifier]) => ({
        path: posix.join(posix.dirname(file), specifier),
        isType: type !== undefined,
      }));
      return [file, imports];
    }),
);

test("no room imports what lies behind it", () => {
  const wrong = [...importsOf].flatMap(([file, imports]) =>
    imports.flatMap(({ path, isType }) => {
      const [from, to] = [roomOf(file), roomOf(path)];
      return from === to || isAllowed(from, to, isType) ? [] : [`${file} imports ${path}`];
    }),
  );
  expect(importsOf.size).toBeGreaterThan(400);
  expect(wrong).toEqual([]);
});

test("no files import each other in a circle, types included", () => {
  const withoutEnding = (path: string): string => path.replace(/\.[jt]sx?$/, "");
  const left = new Map([...importsOf].map(([file, imports]) => [withoutEnding(file), imports]));
  // What imports none of the rest is in no circle.
  for (let before = Infinity; left.size < before;) {
    before = left.size;
    for (const [file, imports] of left)
      if (!imports.some(({ path }) => left.has(withoutEnding(path)))) left.delete(file);
  }
  expect([...left.keys()]).toEqual([]);
});
