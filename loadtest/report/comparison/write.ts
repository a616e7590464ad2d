/** Writes the reports of a comparison into one folder. */
import type { Comparison } from "../../../schemas/index.js";
import { writeFiles } from "../write.js";
import { formatComparisonJunit } from "./junit.js";
import { formatComparisonMarkdown } from "./markdown.js";
import { formatComparisonPage } from "./page.js";

/** Resolves with the paths, the page first. */
export async function writeComparison(outDir: string, comparison: Comparison): Promise<readonly string[]> {
  return writeFiles(
    { outDir },
    {
      "comparison.html": formatComparisonPage(comparison),
      "comparison.json": `${JSON.stringify(comparison, null, 2)}\n`,
      "comparison.md": formatComparisonMarkdown(comparison),
      "junit.xml": formatComparisonJunit(comparison),
    },
  );
}
