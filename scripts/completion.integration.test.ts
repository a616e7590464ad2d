/** Shells complete commands, flags and the words that a flag accepts: bash is asked as it asks when Tab is pressed. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maxEntry } from "./max-entry.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "max-completion-"));
  writeFileSync(join(folder, "max"), `#!/bin/sh\nexec "${process.execPath}" "${maxEntry}" "$@"\n`);
  chmodSync(join(folder, "max"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function runBash(script: string, shell = "/bin/bash"): string {
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, SHELL: shell };
  return spawnSync("bash", ["-c", script], { encoding: "utf8", env, cwd: folder }).stdout;
}

/** What bash offers after these words. */
function complete(...words: string[]): string[] {
  const script = `
    eval "$(max completion)"
    complete -p max >/dev/null || exit 1
    COMP_WORDS=(max ${words.map((word) => `"${word}"`).join(" ")})
    COMP_CWORD=${words.length}
    $(complete -p max | sed 's/.*-F \\([^ ]*\\).*/\\1/') max "${words.at(-1)}" max
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return runBash(script).trim().split("\n");
}

test.each([
  [["lo"], ["loadtest"]],
  [["co"], ["completion", "contract", "config"]],
  [["contract", "di"], ["diff"]],
  [["config", "sim"], ["simulate"]],
  [
    ["demo", "--max-"],
    ["--max-connections", "--max-per-address"],
  ],
  [["loadtest", "--thr"], ["--threshold"]],
  [
    ["demo", "--clock", ""],
    ["real", "manual"],
  ],
])("max %j is completed by %j", (words, completed) => {
  expect(complete(...words)).toEqual(completed);
});

test.each([
  ["/bin/zsh", "compdef"],
  ["/usr/bin/fish", "complete"],
])("the script of %s is that shell's", (shell, word) => {
  expect(runBash("max completion", shell)).toContain(word);
});
