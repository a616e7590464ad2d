/** Restarts of the server as a table: the same cells on the screen, in Markdown and on the page. */
import type { Summary, SummaryRestart } from "../../schemas/index.js";
import { formatCount, formatMs } from "../core/format.js";

export const restartHead = [
  "dropped",
  "first back",
  "50 % back",
  "95 % back",
  "all back",
  "never back",
  "resumed",
  "missed",
] as const;

/** The cells below `restartHead`. */
export function restartCells(restart: SummaryRestart): string[] {
  const { dropped, firstBackMs, back50Ms, back95Ms, back100Ms, neverBack, resumed, missed } = restart;
  return [
    formatCount(dropped),
    ...[firstBackMs, back50Ms, back95Ms, back100Ms].map(formatMs),
    ...[neverBack, resumed, missed].map(formatCount),
  ];
}

/** A row for each restart, with its stage in front. */
export function restartRows({ restarts }: Summary): string[][] {
  return restarts.map((restart) => [restart.stage, ...restartCells(restart)]);
}
