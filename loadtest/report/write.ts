/** Writes the reports of a run into one folder. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Summary } from "../../schemas/index.js";
import type { MergedSecond } from "../generator/seconds.js";
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

/** Where reports go. */
export interface ReportFolder {
  readonly outDir: string;
  /** Writes into a folder that was not there, with -2, -3 and so on behind its name if need be. @default false */
  readonly isOutDirNew?: boolean;
}

/** Writes files by their names into a folder. Resolves with the paths, in the same order. */
export async function writeFiles(
  { outDir, isOutDirNew = false }: ReportFolder,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const folder = await makeFolder(outDir, isOutDirNew);
  return Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    }),
  );
}

/** Resolves with the paths, the page first. */
export async function writeReports(
  folder: ReportFolder,
  summary: Summary,
  seconds: readonly MergedSecond[],
  startedAt: Date,
): Promise<readonly string[]> {
  return writeFiles(folder, {
    "report.html": formatPage(summary),
    "summary.json": `${JSON.stringify(summary, null, 2)}\n`,
    "summary.md": formatMarkdown(summary),
    "junit.xml": formatJunit(summary),
    "latency.hlog": formatHistogramLog(seconds, startedAt),
  });
}
