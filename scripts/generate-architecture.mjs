/**
 * Writes into ARCHITECTURE.md what can be read off the repository: the dependencies, how long the files are, the tree.
 *
 * Each stands between two marks. Run by `npm run generate`; a test fails when what is committed is something else.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { renderDependencies } from "./architecture-dependencies.mjs";
import { renderLengths, renderTree } from "./architecture-tree.mjs";

const architecture = fileURLToPath(new URL("../ARCHITECTURE.md", import.meta.url));
const parts = { dependencies: renderDependencies, lengths: renderLengths, tree: renderTree };

function replacePart(page, name, content) {
  const [begin, end] = [`<!-- ${name}: written by npm run generate -->\n`, `<!-- /${name} -->\n`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`ARCHITECTURE.md has lost its marks ${begin.trim()} and ${end.trim()}.`);
  return `${before}${begin}\n${content}\n\n${end}${after}`;
}

/** Tables as the formatter writes them: columns as wide as their widest cell. */
function alignTables(markdown) {
  return markdown.replaceAll(/(?:^\|.*\|$\n?)+/gm, (text) => {
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(2, -2).split(" | "));
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    const lines = rows.map((row, at) =>
      row.map((cell, column) => (at === 1 ? "-".repeat(widths[column]) : cell.padEnd(widths[column]))),
    );
    return `${lines.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
  });
}

/** ARCHITECTURE.md as it is, and as it has to be. */
export function compareArchitecture() {
  const is = readFileSync(architecture, "utf8");
  const due = Object.entries(parts).reduce(
    (page, [name, render]) => replacePart(page, name, alignTables(render()).trimEnd()),
    is,
  );
  return { is, due };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(architecture, compareArchitecture().due);
