/** Every snippet of the page, copied from it and run against the server it was copied from. */
import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { Max } from "../../main.js";
import { browserTest, openConsole, searchOf, startFrozen } from "../browser.fixture.js";
import { eventNames, snippets } from "./snippets.js";
import { isSkippedWithout } from "../../../schemas/requirement.fixture.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const python = "/usr/bin/python3";
const hasPython = spawnSync(python, ["-c", "import socketio, requests, websocket"]).status === 0;
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasPython)
  process.stdout.write(
    "  the Python snippet is not run: apt-get install python3-socketio python3-requests python3-websocket\n",
  );

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).toReversed()) clean();
});

function snippet(id: string, max: Max): string {
  const found = snippets.find((snippet) => snippet.id === id);
  if (found === undefined) throw new Error(`no snippet ${id}`);
  const [{ id: discussionId }] = max.simulation.world.discussions();
  // The largest sector.
  return found.write({ url: max.url, sectorId: "tech-001", discussionId });
}

/** Starts a program with its children in a group of their own; what it prints comes from the function. */
function start(command: string, args: readonly string[], options: SpawnOptions = {}): () => string {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], detached: true, ...options });
  cleanups.push(() => child.exitCode === null && child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  return () => printed;
}

/** A folder in which the packages that a snippet asks for are installed. */
function projectFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-snippet-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/max-harness"));
  symlinkSync(join(root, "node_modules/socket.io-client"), join(folder, "node_modules/socket.io-client"));
  return folder;
}

/** Lets the market go on until all of it has been printed. */
async function untilPrinted(max: Max, printed: () => string, words: readonly string[]): Promise<void> {
  await expect
    .poll(() => {
      max.advance("10s");
      return words.filter((word) => !printed().includes(word));
    })
    .toEqual([]);
}

test("the JavaScript snippet prints all four events", async () => {
  const max = await startFrozen();
  const folder = projectFolder();
  writeFileSync(join(folder, "watch.mjs"), snippet("javascript", max));
  const printed = start(process.execPath, ["watch.mjs"], { cwd: folder });
  await untilPrinted(max, printed, ["connected", ...eventNames]);
});

test("the TypeScript snippet compiles strictly, and prints what it names", async () => {
  const max = await startFrozen();
  const folder = projectFolder();
  writeFileSync(join(folder, "watch.mts"), snippet("typescript", max));
  const flags = ["--strict", "--module", "nodenext", "--target", "es2023", "--types", "", "--skipLibCheck"];
  const lib = ["--lib", "es2023,dom"];
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const compiled = spawnSync(process.execPath, [tsc, ...flags, ...lib, "watch.mts"], { cwd: folder, encoding: "utf8" });
  expect(compiled.stdout).toBe("");
  const printed = start(process.execPath, ["watch.mjs"], { cwd: folder });
  const [agent] = max.simulation.world.agents();
  const [room] = max.simulation.world.discussions();
  await untilPrinted(max, printed, [" index ", " tech-001 ", `${agent.id} `, ` ${room.id} `]);
});

test.skipIf(isSkippedWithout(hasPython))("the Python snippet prints all four events", async () => {
  const max = await startFrozen();
  const printed = start(python, ["-u", "-c", snippet("python", max)]);
  await untilPrinted(max, printed, eventNames);
});

test.skipIf(isSkippedWithout(hasCurl))(
  "the curl snippet reads, posts a message and follows the simulation",
  async () => {
    const max = await startFrozen();
    const printed = start("/bin/sh", ["-c", snippet("curl", max)]);
    await expect.poll(() => printed()).toMatch(/"indexWeight"[^]*"closed"[^]*"Hello from curl"[^]*data: \{"bootId"/);
  },
);

browserTest("the page shows each snippet for its own address, and copies it", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max, {
    path: "/?view=connect",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  for (const { id, title } of snippets) {
    await page.getByRole("button", { name: title, exact: true }).click();
    await page.locator("#snippet").getByRole("button", { name: "Copy" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(snippet(id, max));
  }
  await expect.poll(() => searchOf(page)).toBe("?view=connect&language=curl");
  max.realtime.broadcastMarketUpdate({ indexValue: 15234.67 });
  await page.locator("#latest").getByText('"indexValue":15234.67').waitFor();
  expect(complaints).toEqual([]);
});

browserTest("its links lead to pages that are there", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=connect" });
  const links = await page
    .locator("#documents a")
    .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
  expect(links).toContain(`${max.url}/docs`);
  for (const link of links) expect((await fetch(link)).status).toBe(200);
});
