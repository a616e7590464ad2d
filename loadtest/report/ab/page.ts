/** ab.html: is B worse, how sure that is, and every round. */
import type { AbRound, AbTest } from "../../../schemas/index.js";
import { nameOf } from "../../ab/rounds.js";
import { valueOf } from "../../ab/figures.js";
import { escapeXml } from "../../core/escape-xml.js";
import { formatMs, formatSeconds } from "../../core/format.js";
import { drawIntervals } from "../charts/intervals.js";
import { drawRounds } from "../charts/rounds.js";
import { formatDocument } from "../document.js";
import { chart, paragraph, section, table } from "../markup.js";
import {
  describeDifferences,
  describeRounds,
  describeServers,
  differenceHead,
  differenceRows,
  figureHead,
  figureRows,
  formatFigure,
  nameVerdict,
  ratioRows,
} from "./cells.js";

/** What the colour of the verdict stands for. */
const tones: Readonly<Record<AbTest["verdict"], string>> = {
  same: "pass",
  better: "pass",
  worse: "fail",
  mixed: "fail",
  invalid: "invalid",
};

const roundHead = ["Round", "Block", "Server", "Verdict", "CPU a delivery", "p50", "p99", "Length", "Why"];

function roundRows({ rounds }: AbTest): string[][] {
  return rounds.map((round, at) => [
    String(at + 1),
    String(round.block),
    nameOf(round.server),
    round.verdict,
    formatFigure({ path: "server.cpuUsPerDelivery" }, round.cpuUsPerDelivery),
    formatMs(round.p50Ms),
    formatMs(round.p99Ms),
    formatSeconds(round.durationMs),
    round.reasons.join("; "),
  ]);
}

function drawMain({ figures, rounds }: AbTest): string {
  const [main] = figures;
  if (main === undefined) return "";
  const pointOf = (round: AbRound) => {
    const value = valueOf(main, round);
    if (value === null || !round.isCounted) return [];
    return [{ atMs: round.atMs, value, name: nameOf(round.server), isCompared: round.server === "b" }];
  };
  const points = rounds.flatMap(pointOf);
  const title = `${main.name[0]!.toUpperCase()}${main.name.slice(1)}, round by round`;
  return drawRounds({ title, points, label: (value) => formatFigure(main, value) });
}

function charts(ab: AbTest): string[] {
  const pictures = [
    ["Ratios", drawIntervals("B by A, and A' by A", ratioRows(ab))],
    ["Rounds", drawMain(ab)],
  ] as const;
  return pictures.flatMap(([name, svg]) => (svg === "" ? [] : [chart(name, svg)]));
}

function titled(head: readonly string[]): string[] {
  return head.map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}`);
}

export function formatAbPage(ab: AbTest): string {
  const { verdict, conclusion, command, version, startedAt, notes, rule } = ab;
  const differences = describeDifferences(ab);
  const first = differences === "" ? "" : `<p>${escapeXml(differences)}</p>`;
  const head = `<div class="verdict ${tones[verdict]}"><span class="word">${nameVerdict(ab)}</span>${first}<h1>${escapeXml(conclusion)}</h1></div>`;
  return formatDocument({
    title: `A/B test: ${conclusion}`,
    body: [
      head,
      ...(differences === ""
        ? []
        : [
            section(
              "Not only the server differs",
              table({
                caption: "Differences",
                head: titled(differenceHead),
                rows: differenceRows(ab),
                words: [1, 2],
              }),
            ),
          ]),
      section(
        "B by A",
        ...charts(ab),
        table({ caption: "Figures", head: titled(figureHead), rows: figureRows(ab), words: [8] }),
        ...[...describeServers(ab), describeRounds(ab), ...notes, rule].map(paragraph),
      ),
      section("Rounds", table({ caption: "Rounds", head: roundHead, rows: roundRows(ab), words: [2, 3, 8] })),
      `<section><h2>Again</h2><pre>${escapeXml(command)}</pre></section>`,
    ].join("\n"),
    footer: `max-harness ${version}, ${startedAt}`,
  });
}
