/** What the compared percentiles come to, as a verdict and as a sentence. */
import type { ComparedPercentile, Comparison } from "../../schemas/index.js";

function percent(share: number): string {
  const value = share * 100;
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, "");
}

/** A ratio with its interval, and the word for what has come of it. */
interface Changed {
  readonly change: string;
  readonly ratioMin: number | null;
  readonly ratioMax: number | null;
}

/**
 * How much a figure has changed, in words.
 *
 * @example describeChange({ change: "slower", ratioMin: 1.08, ratioMax: 1.17, ... }) // "slower by 8 to 17 %"
 */
export function describeChange({ change, ratioMin, ratioMax }: Changed): string {
  if (change === "unknown" || ratioMin === null || ratioMax === null) return "not known";
  if (change === "same") return "no difference beyond noise";
  const [least, most] = ratioMin > 1 ? [ratioMin - 1, ratioMax - 1] : [1 - ratioMax, 1 - ratioMin];
  return `${change} by ${percent(least)} to ${percent(most)} %`;
}

function nameOf({ path }: ComparedPercentile): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function joinChanged(percentiles: readonly ComparedPercentile[], change: "slower" | "faster"): string {
  const words = percentiles
    .filter((one) => one.change === change)
    .map((one) => `${nameOf(one)}${describeChange(one).slice(change.length)}`);
  return `${change}: ${words.join(", ")}`;
}

function capitalise(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}

/** @param reasons why the runs tell nothing; empty where they do */
export function describeConclusion(
  percentiles: readonly ComparedPercentile[],
  reasons: readonly string[],
): Pick<Comparison, "verdict" | "conclusion"> {
  if (reasons.length > 0) return { verdict: "inconclusive", conclusion: `Inconclusive: ${reasons.join("; ")}.` };
  const changes = (["slower", "faster"] as const).filter((change) => percentiles.some((one) => one.change === change));
  if (changes.length === 0) {
    if (percentiles.every(({ change }) => change === "unknown"))
      return { verdict: "inconclusive", conclusion: "Inconclusive: no latencies were measured." };
    return { verdict: "same", conclusion: "No difference beyond noise." };
  }
  const sentence = capitalise(changes.map((change) => joinChanged(percentiles, change)).join("; "));
  return { verdict: changes.length === 2 ? "mixed" : changes[0]!, conclusion: `${sentence}.` };
}
