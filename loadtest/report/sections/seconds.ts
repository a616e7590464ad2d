/** The run second by second: rates, connections, and how busy the generators were. */
import type { Summary } from "../../../schemas/index.js";
import { escapeXml } from "../../core/escape-xml.js";
import { formatClock, formatCount, formatMs, formatPercent } from "../../core/format.js";
import { utilisationMax } from "../../generator/utilisation.js";
import { drawSparkline } from "../charts/sparkline.js";
import { chart, section, table } from "../markup.js";

const secondsTableMax = 120;

/** The charts alone. */
export function drawSeconds(timeline: Summary["timeline"]): readonly string[] {
  const strips = [
    {
      id: "rate",
      title: "Deliveries a second",
      values: timeline.map(({ deliveries }) => deliveries),
      label: formatCount,
    },
    {
      id: "subscribers",
      title: "Subscribers connected",
      values: timeline.map(({ connected }) => connected),
      label: formatCount,
    },
    {
      id: "requests",
      title: "REST answers a second",
      values: timeline.map(({ requests }) => requests),
      label: formatCount,
    },
    {
      id: "busy",
      title: "Busiest generator; beyond the dashed line a run cannot be trusted",
      values: timeline.map(({ utilisation }) => utilisation),
      label: formatPercent,
      limit: utilisationMax,
    },
  ].filter(({ values }) => values.some((value) => value > 0));
  return strips.map((strip) => `<h3>${escapeXml(strip.title)}</h3>${chart(strip.title, drawSparkline(strip))}`);
}

export function describeTime({ timeline }: Summary): string {
  if (timeline.length === 0) return "";
  const every = Math.max(1, Math.ceil(timeline.length / secondsTableMax));
  const rows = timeline
    .filter((_, at) => at % every === 0)
    .map(({ second, connected, deliveries, requests, p50, p99, max, utilisation }) => [
      formatClock(second),
      formatCount(connected),
      formatCount(deliveries),
      formatCount(requests),
      formatMs(p50),
      formatMs(p99),
      formatMs(max),
      formatPercent(utilisation),
    ]);
  const head = ["Time", "Subscribers", "Deliveries", "REST", "p50", "p99", "max", "Generator"];
  return section(
    "Rates and connections",
    ...drawSeconds(timeline),
    `<details><summary>The seconds as a table</summary>${table({ caption: "Seconds", head, rows })}</details>`,
  );
}
