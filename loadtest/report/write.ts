/** Writes the reports of a run into one folder. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Summary } from "../../schemas/index.js";
import type { MergedSecond } from "../generator/seconds.js";
import { formatHistogramLog } from "./hlog.js";
import { formatPage } from "./page.js";
import { formatJunit } from "./junit.js";
import { formatMarkdown } from "./markdown.js";

/** Resolves with the paths, the page first. */
export async function writeReports(
  outDir: string,
  summary: Summary,
  seconds: readonly MergedSecond[],
  startedAt: Date,
): Promise<readonly string[]> {
  await mkdir(outDir, { recursive: true });
  const files = {
    "report.html": formatPage(summary),
    "summary.json": `${JSON.stringify(summary, null, 2)}\n`,
    "summary.md": formatMarkdown(summary),
    "junit.xml": formatJunit(summary),
    "latency.hlog": formatHistogramLog(seconds, startedAt),
  };
  return Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(outDir, name);
      await writeFile(path, content);
      return path;
    }),
  );
}
