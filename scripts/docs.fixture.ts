/** Reads what the Markdown pages tell people to type: commands, pieces of code and data, names of files. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { packageRoot } from "../schemas/package-root.js";
import type { Max } from "../server/main.js";
import { maxEntry } from "./max-entry.js";

export interface Block {
  readonly page: string;
  /** The line of the page on which it begins, from 1. */
  readonly line: number;
  /** What follows the fence: `sh`, `ts`, `json`, `text`. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export function readBlocks(page: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(new URL(page, packageRoot), "utf8").split("\n");
  for (let first = 0; first < lines.length; first += 1) {
    const language = /^```(\w+)/.exec(lines[first] ?? "")?.[1];
    if (language === undefined) continue;
    const last = lines.indexOf("```", first + 1);
    blocks.push({ page, line: first + 1, language, text: lines.slice(first + 1, last).join("\n") });
    first = last;
  }
  return blocks;
}

/** What stands in single backticks on a page. */
export function readSpans(page: string): readonly string[] {
  const prose = readFileSync(new URL(page, packageRoot), "utf8").replaceAll(/^```.*?^```/gms, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
}

/** The words of a command line, without quotes, variables set for it and a comment at its end. */
export function splitWords(command: string): string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  while (/^\w+=/.test(words[0] ?? "")) words.shift();
  const comment = words.findIndex((word) => word.startsWith("#"));
  return words.slice(0, comment < 0 ? undefined : comment).map((word) => word.replaceAll(/["']/g, ""));
}

export const blocks: readonly Block[] = ["README.md", "CONTRIBUTING.md"].flatMap(readBlocks);

export const { scripts } = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")) as {
  scripts: Record<string, string>;
};

/** Arguments of `max` where a line of the pages comes down to that, else what npm is asked to run. */
export function resolve(words: readonly string[]): { max: string[] } | { script: string } {
  const [tool = "", verb = "", ...rest] = words;
  if (tool === "npx" && verb === "max") return { max: rest };
  expect(tool, `no page may ask for more than npm: ${words.join(" ")}`).toBe("npm");
  const script = verb === "run" ? (rest.shift() ?? "") : verb;
  if (["ci", "install"].includes(script)) return { script };
  expect(Object.keys(scripts)).toContain(script);
  const [, subcommand] = /^node dist\/bin\/max\.js (\w+)/.exec(scripts[script] ?? "") ?? [];
  return subcommand === undefined ? { script } : { max: [subcommand, ...rest.filter((word) => word !== "--")] };
}

/** What makes a run short, for the subcommands that take their time. */
const short: Record<string, Record<string, string>> = {
  loadtest: { "--clients": "20", "--duration": "1s", "--warmup": "200ms", "--workers": "0" },
  "loadtest capacity": { "--start": "5", "--max": "10", "--step-for": "500ms", "--warmup": "200ms", "--workers": "0" },
  "loadtest ab": { "--clients": "5", "--round": "200ms", "--rounds": "12", "--warmup": "0s", "--workers": "0" },
  contract: { "--for": "5s" },
  // All flags are right where the next that is missed is the controller.
  agent: { "--controller": "ws://127.0.0.1:1", "--wait": "0s" },
};

/** Whether so short a run passes, and whether this machine is fit for a big one, is for other tests to say. */
export const verdicts: Record<string, number[]> = { loadtest: [0, 1, 3], agent: [4], doctor: [0, 1] };

/** Whether it reads the reports of earlier runs, which a test of the pages does not have. */
export function isComparison([subcommand, second]: readonly string[]): boolean {
  return subcommand === "loadtest" && second === "compare";
}

/** Whether it needs other hosts. */
export function isOverHosts(words: readonly string[]): boolean {
  return words.includes("--agents") || words.includes("--on");
}

/** Whether it starts servers itself, or names two. */
export function isAb([subcommand, second]: readonly string[]): boolean {
  return subcommand === "loadtest" && second === "ab";
}

/** A command on a page that starts a server, as one that runs in any folder; an address as that of this server. */
function inAnyFolder(word: string, max: Max): string {
  return word.replace(/^npx max /, `node ${maxEntry} `).replace(/^http:\/\/localhost:80\d\d$/, max.url);
}

/** The same command on a short run, with this server in place of the one on the page, and files where they lie. */
export function adapt(max: Max, [subcommand = "", ...flags]: readonly string[]): string[] {
  const brief = short[`${subcommand} ${flags[0]}`] ?? short[subcommand] ?? {};
  const own: Record<string, string> = { "--url": max.url, "--token": max.token, ...brief };
  const kept = flags.map((flag, at) => own[flags[at - 1] ?? ""] ?? inAnyFolder(locate(flag), max));
  return [subcommand, ...kept, ...Object.entries(brief).flatMap((pair) => (flags.includes(pair[0]) ? [] : pair))];
}

/** The path of a file that a page names. */
export function locate(word: string): string {
  return /^scripts\/.*\.json$/.test(word) ? fileURLToPath(new URL(word, packageRoot)) : word;
}

/** Each page with each command line on it. */
export const commands = blocks
  .filter(({ language }) => language === "sh")
  .flatMap(({ page, text }) => text.split("\n").map((line) => [page, line] as const))
  .filter(([, line]) => splitWords(line).length > 0);
