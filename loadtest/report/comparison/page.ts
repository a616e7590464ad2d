/** comparison.html: which build is slower, and how sure that is. */
import type { Comparison } from "../../../schemas/index.js";
import { escapeXml } from "../../core/escape-xml.js";
import { formatDocument } from "../document.js";
import { describeDifferences } from "./cells.js";
import { describeComparison } from "./section.js";

/** What the colour of the verdict stands for. */
const tones: Readonly<Record<Comparison["verdict"], string>> = {
  slower: "fail",
  mixed: "fail",
  same: "pass",
  faster: "pass",
  inconclusive: "invalid",
};

export function formatComparisonPage(comparison: Comparison): string {
  const { verdict, conclusion, old, new: changed } = comparison;
  const differences = describeDifferences(comparison);
  const head = `<div class="verdict ${tones[verdict]}"><span class="word">${verdict.toUpperCase()}</span>${differences === "" ? "" : `<p>${escapeXml(differences)}</p>`}<h1>${escapeXml(conclusion)}</h1></div>`;
  return formatDocument({
    title: `Load test compared: ${conclusion}`,
    body: [head, describeComparison(comparison)].join("\n"),
    footer: `${old.command} against ${changed.command}`,
  });
}
