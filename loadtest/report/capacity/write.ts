/** Writes the reports of a search into one folder. */
import type { Capacity } from "../../../schemas/index.js";
import { type ReportFolder, writeFiles } from "../write.js";
import { formatCapacityJunit } from "./junit.js";
import { formatCapacityMarkdown } from "./markdown.js";
import { formatCapacityPage } from "./page.js";

/** Resolves with the paths, the page first. */
export async function writeCapacity(folder: ReportFolder, capacity: Capacity): Promise<readonly string[]> {
  return writeFiles(folder, {
    "capacity.html": formatCapacityPage(capacity),
    "capacity.json": `${JSON.stringify(capacity, null, 2)}\n`,
    "capacity.md": formatCapacityMarkdown(capacity),
    "junit.xml": formatCapacityJunit(capacity),
  });
}
