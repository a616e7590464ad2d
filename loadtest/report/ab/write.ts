/** Writes the reports of an A/B test into one folder. */
import type { AbTest } from "../../../schemas/index.js";
import { type ReportFolder, writeFiles } from "../write.js";
import { formatAbJunit } from "./junit.js";
import { formatAbMarkdown } from "./markdown.js";
import { formatAbPage } from "./page.js";

/** Resolves with the paths, the page first. */
export async function writeAb(folder: ReportFolder, ab: AbTest): Promise<readonly string[]> {
  return writeFiles(folder, {
    "ab.html": formatAbPage(ab),
    "ab.json": `${JSON.stringify(ab, null, 2)}\n`,
    "ab.md": formatAbMarkdown(ab),
    "junit.xml": formatAbJunit(ab),
  });
}
