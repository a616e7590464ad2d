/** capacity.html: how many subscribers, whose limit it is, and the curves that lead there. */
import type { Capacity } from "../../../schemas/index.js";
import { formatCount, formatMs, formatPercent, formatSeconds } from "../../core/format.js";
import { escapeXml } from "../../core/escape-xml.js";
import { drawCapacityCurve } from "../charts/capacity-curve.js";
import { formatDocument } from "../document.js";
import { chart, paragraph, section, table } from "../markup.js";
import { curveHead, curveOf, curveRows, describeSearch, nameVerdict } from "./cells.js";

/** What the colour of the verdict stands for. A lower bound is an answer where no more was asked for. */
function toneOf({ verdict, limit }: Capacity): string {
  if (verdict === "none") return "fail";
  return verdict === "found" || (verdict === "atLeast" && limit?.kind === "max") ? "pass" : "invalid";
}

const legend = "Solid line: the most subscribers that passed. Dashed line: the fewest above that failed.";

const probeHead = ["Probe", "Subscribers", "Purpose", "Verdict", "p50", "p99", "Length", "Why"];

function probeRows({ probes }: Capacity): string[][] {
  return probes.map(({ clients, purpose, verdict, p50Ms, p99Ms, durationMs, limit }, at) => [
    String(at + 1),
    formatCount(clients),
    purpose,
    verdict,
    formatMs(p50Ms),
    formatMs(p99Ms),
    formatSeconds(durationMs),
    limit?.reason ?? "",
  ]);
}

function describeCurves(capacity: Capacity): string[] {
  const points = curveOf(capacity);
  const { clients, failedClients } = capacity;
  const draw = (id: string, title: string, label: (value: number) => string, values: (number | null)[]) =>
    drawCapacityCurve({
      id,
      title,
      label,
      points: points.map((point, at) => ({ clients: point.clients, value: values[at]! })),
      clients,
      failedClients,
    });
  return [
    draw(
      "p50",
      "Latency, p50",
      formatMs,
      points.map(({ p50Ms }) => p50Ms),
    ),
    draw(
      "p99",
      "Latency, p99",
      formatMs,
      points.map(({ p99Ms }) => p99Ms),
    ),
    draw(
      "server-cpu",
      "Cores of the server",
      (value) => value.toFixed(2),
      points.map((point) => point.serverCpuCores),
    ),
    draw(
      "generator-cpu",
      "Busiest generator process",
      formatPercent,
      points.map((point) => point.generatorUtilisation),
    ),
  ];
}

export function formatCapacityPage(capacity: Capacity): string {
  const { conclusion, command, version, startedAt } = capacity;
  const head = `<div class="verdict ${toneOf(capacity)}"><span class="word">${nameVerdict(capacity)}</span><h1>${escapeXml(conclusion)}</h1></div>`;
  const titles = curveHead.map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}`);
  const curves = describeCurves(capacity).filter((svg) => svg !== "");
  return formatDocument({
    title: `Capacity: ${conclusion}`,
    body: [
      head,
      section(
        "By subscribers",
        ...curves.map((svg) => chart("By subscribers", svg)),
        ...(curves.length === 0 ? [] : [paragraph(legend)]),
        table({ caption: "By subscribers", head: titles, rows: curveRows(capacity), words: [5] }),
        paragraph(describeSearch(capacity)),
      ),
      section("Probes", table({ caption: "Probes", head: probeHead, rows: probeRows(capacity), words: [2, 3, 7] })),
      `<section><h2>Again</h2><pre>${escapeXml(command)}</pre></section>`,
    ].join("\n"),
    footer: `max-harness ${version}, ${startedAt}`,
  });
}
