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
  simulator: ["schemas"],
  "server/http": ["server"],
  "server/realtime": ["schemas", "simulator (types)", "server/http", "server"],
  "server/store": ["schemas", "simulator", "server"],
  "server/api": ["schemas", "simulator", "server/http", "server/store", "server"],
  "server/console": ["schemas"],
  server: ["schemas", "simulator", "server/http", "server/realtime", "server/store", "server/api"],
  "loadtest/measure": ["schemas", "loadtest"],
  "loadtest/oracle": ["schemas", "simulator", "loadtest/measure", "loadtest"],
  "loadtest/clients": ["loadtest/oracle (types)", "loadtest/measure", "loadtest"],
  "loadtest/generator": ["loadtest/clients", "loadtest/oracle", "loadtest/measure", "loadtest"],
  "loadtest/rest": ["schemas", "loadtest/measure", "loadtest"],
  "loadtest/plans": ["schemas", "loadtest/measure", "loadtest"],
  "loadtest/report": ["schemas", "loadtest/generator", "loadtest"],
  "loadtest/contract": ["schemas", "loadtest/clients (types)", "loadtest/oracle", "loadtest/report", "loadtest"],
  loadtest: ["schemas", "simulator", "loadtest/*"],
  scripts: ["schemas", "simulator", "server", "server/*", "loadtest", "loadtest/*"],
};

const divided = new Set(["server", "loadtest"]);

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

test("no room imports what lies behind it", () => {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .filter((file) => !/\.(?:test|fixture)\.tsx?$/.test(file) && Object.hasOwn(mayImport, roomOf(file)));
  const wrong = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(importStatement)].flatMap(([, type, specifier]) => {
      const [from, to] = [roomOf(file), roomOf(posix.join(posix.dirname(file), specifier))];
      return from === to || isAllowed(from, to, type !== undefined) ? [] : [`${file} imports ${specifier}`];
    }),
  );
  expect(files.length).toBeGreaterThan(400);
  expect(wrong).toEqual([]);
});
