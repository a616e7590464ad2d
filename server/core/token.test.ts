/** The control token's file: made once, closed to others, and refused where it holds no token. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { StartError } from "./errors.js";
import { loadToken, tokenRule } from "./token.js";

function noWarning(message: string): never {
  throw new Error(message);
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, ".max", "token");
}

function write(file: string, content: string | Uint8Array, mode = 0o600): string {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

test("the first start makes the token, mode 600, and keeps the folder out of version control", () => {
  const file = newFile();
  const token = loadToken(file, noWarning);
  expect(tokenRule.accepts(token)).toBe(true);
  expect(loadToken(file, noWarning)).toBe(token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(file, "../.gitignore"), "utf8")).toBe("*\n");
  expect(readdirSync(join(file, ".."))).toEqual([".gitignore", "token"]);
});

test("a .gitignore that a full disk left empty is written again", () => {
  const file = newFile();
  write(join(file, "../.gitignore"), "");
  loadToken(file, noWarning);
  expect(readFileSync(join(file, "../.gitignore"), "utf8")).toBe("*\n");
});

test("a .gitignore of one's own stays", () => {
  const file = newFile();
  write(join(file, "../.gitignore"), "store*\n");
  loadToken(file, noWarning);
  expect(readFileSync(join(file, "../.gitignore"), "utf8")).toBe("store*\n");
});

test.each([0o644, 0o640, 0o604])("a file of mode %o is closed to others, with a warning", (mode) => {
  const file = write(newFile(), "secret\n", mode);
  const warnings: string[] = [];
  expect(loadToken(file, (message) => void warnings.push(message))).toBe("secret");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(warnings.join()).toContain(`mode ${mode.toString(8)}`);
});

test.each([
  ["UTF-8 with a byte order mark", Buffer.from("\uFEFFsecret\r\n")],
  ["UTF-16", Buffer.from("\uFEFFsecret\r\n", "utf16le")],
])("a token saved as %s is read", (_, bytes) => {
  expect(loadToken(write(newFile(), bytes), noWarning)).toBe("secret");
});

test.each(["", "\n", "two words\n", "two\nlines\n", "a\ttab", "zürich", "\0".repeat(8), "x".repeat(1025)])(
  "a file that holds %j is refused, and stays as it is",
  (content) => {
    const file = write(newFile(), content);
    expect(() => loadToken(file, noWarning)).toThrow(StartError);
    expect(() => loadToken(file, noWarning)).toThrow(/set MAX_TOKEN/);
    expect(readFileSync(file, "utf8")).toBe(content);
  },
);

test("servers that start at once in an empty folder all take the token that is in the file", async () => {
  const file = newFile();
  mkdirSync(join(file, ".."), { recursive: true });
  const module = new URL("../../dist/server/core/token.js", import.meta.url).href;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module).then(({ loadToken }) => {
      parentPort.postMessage("ready");
      Atomics.wait(workerData.gate, 0, 0);
      parentPort.postMessage(loadToken(workerData.file, () => {}));
    });`;
  const workers = Array.from({ length: 6 }, () => new Worker(code, { eval: true, workerData: { module, gate, file } }));
  const next = (worker: Worker) => new Promise((resolve) => void worker.once("message", resolve));
  await Promise.all(workers.map(next));
  const tokens = workers.map(next);
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  expect(new Set(await Promise.all(tokens))).toEqual(new Set([readFileSync(file, "utf8").trim()]));
  await Promise.all(workers.map((worker) => worker.terminate()));
});
