/** The tables of an A/B test, the same on the screen, in Markdown and on the page. */
import type { AbFigure, AbServer, AbTest } from "../../../schemas/index.js";
import { nameOf, sides } from "../../ab/rounds.js";
import { describeChange } from "../../comparison/conclusion.js";
import { formatCount, formatFactor, formatMs, formatPercent, formatRatio, formatSeconds } from "../../core/format.js";
import type { RatioRow } from "../charts/intervals.js";

export const figureHead = ["figure", "A", "B", "A'", "B/A", "interval", "A'/A", "its interval", "B is"] as const;

/** A value of a figure, with its unit. */
export function formatFigure({ path }: Pick<AbFigure, "path">, value: number | null): string {
  if (value === null) return "–";
  return path.includes("cpuUs") ? `${value.toFixed(2)} µs` : formatMs(value);
}

function formatInterval(ratio: number | null, least: number | null, most: number | null): string[] {
  if (ratio === null || least === null || most === null) return ["–", "–"];
  return [formatRatio(ratio), `${formatFactor(least)} to ${formatFactor(most)}`];
}

export function figureRows({ figures }: AbTest): string[][] {
  return figures.map((one) => [
    one.name,
    ...[one.a, one.b, one.control].map((value) => formatFigure(one, value)),
    ...formatInterval(one.ratio, one.ratioMin, one.ratioMax),
    ...formatInterval(one.controlRatio, one.controlMin, one.controlMax),
    one.change === "same" ? "no different" : describeChange(one),
  ]);
}

/** For the picture: B/A of each figure that has an interval, and A'/A below it. */
export function ratioRows({ figures }: AbTest): RatioRow[] {
  return figures.flatMap((one) => {
    const { name, ratio, ratioMin, ratioMax, controlRatio, controlMin, controlMax, change } = one;
    if (ratio === null || ratioMin === null || ratioMax === null) return [];
    if (controlRatio === null || controlMin === null || controlMax === null) return [];
    const control = { ratio: controlRatio, ratioMin: controlMin, ratioMax: controlMax };
    return [
      { label: `${name}, B/A`, ratio, ratioMin, ratioMax, isWorse: change === "worse" },
      { label: "A'/A", ...control, isWorse: controlMin > 1 || controlMax < 1 },
    ];
  });
}

export const differenceHead = ["differs", "A", "B"] as const;

export function differenceRows({ differences }: AbTest): string[][] {
  return differences.map(({ what, a, b }) => [what, a, b]);
}

/** The first line where A and B differ in more than the server; empty where they do not. */
export function describeDifferences({ differences }: AbTest): string {
  if (differences.length === 0) return "";
  return `Not only the server differs: ${differences.map(({ what }) => what).join(", ")}.`;
}

export const troubleHead = ["block", "server", "verdict", "why"] as const;

/** Rounds that did not pass. */
export function troubleRows({ rounds }: AbTest): string[][] {
  const failed = rounds.filter(({ verdict }) => verdict !== "PASS");
  return failed.map(({ block, server, verdict, reasons }) => [
    String(block),
    nameOf(server),
    verdict,
    reasons.join("; "),
  ]);
}

const words: Readonly<Record<AbTest["verdict"], string>> = {
  same: "NO DIFFERENCE",
  better: "BETTER",
  worse: "WORSE",
  mixed: "MIXED",
  invalid: "INVALID",
};

/** The verdict in front of the conclusion. */
export function nameVerdict({ verdict }: AbTest): string {
  return words[verdict];
}

function describeServer({ source, isProcess, costSource }: AbServer): string {
  const cost = costSource === null ? "" : `, CPU from ${costSource === "metrics" ? "/metrics" : "/proc"}`;
  return `${source}${isProcess ? ", started anew for each round" : ""}${cost}`;
}

/** One line a server. */
export function describeServers(ab: AbTest): string[] {
  return sides.map((side) => `${nameOf(side)}: ${describeServer(ab[side])}`);
}

/** How it was measured. */
export function describeRounds({ rounds, blocks, roundMs, plan, clients, durationMs, precision, reached }: AbTest) {
  const invalid = rounds.filter(({ isCounted }) => !isCounted).length;
  const repeated = invalid === 0 ? "" : `, ${formatCount(invalid)} more INVALID and not counted`;
  const wide = reached === null ? "" : ` (reached: ± ${formatPercent(reached)})`;
  return `${formatCount(blocks)} blocks of three rounds of ${formatSeconds(roundMs)}${repeated}, with ${formatCount(clients)} subscribers and the plan ${plan}; until the main figure was known by ± ${formatPercent(precision)}${wide}; ${formatSeconds(durationMs)} in all.`;
}
