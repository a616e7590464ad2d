/** Reads what the Markdown pages tell people to type: commands, pieces of code and data, names of files. */
import { readFileSync } from "node:fs";
import { packageRoot } from "../server/core/package-root.js";

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
