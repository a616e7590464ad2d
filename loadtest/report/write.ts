/** Writes the reports of a run into one folder. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Summary } from "../../schemas/index.js";
import type { MergedSecond } from "../generator/seconds.js";
import type { LoadtestOptions } from "../core/options.js";
import { formatHistogramLog } from "./hlog.js";
import { formatPage } from "./page.js";
import { formatJunit } from "./junit.js";
import { formatMarkdown } from "./markdown.js";

/** Makes the folder; with `isNew` one that nobody else has made, two runs within a second included. */
async function makeFolder(outDir: string, isNew: boolean): Promise<string> {
  await mkdir(isNew ? dirname(outDir) : outDir, { recursive: true });
  if (!isNew) return outDir;
  for (let copy = 1; ; copy += 1) {
    const folder = copy === 1 ? outDir : `${outDir}-${copy}`;
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Resolves with the paths, the page first. */
export async function writeReports(
  { outDir, isOutDirNew = false }: Pick<LoadtestOptions, "outDir" | "isOutDirNew">,
  summary: Summary,
  seconds: readonly MergedSecond[],
  startedAt: Date,
): Promise<readonly string[]> {
  const folder = await makeFolder(outDir, isOutDirNew);
  const files = {
    "report.html": formatPage(summary),
    "summary.json": `${JSON.stringify(summary, null, 2)}\n`,
    "summary.md": formatMarkdown(summary),
    "junit.xml": formatJunit(summary),
    "latency.hlog": formatHistogramLog(seconds, startedAt),
  };
  return Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    }),
  );
}
