/**
 * The page of a run that goes on: the report's own charts, of what is known so far. In the end it becomes the report.
 *
 * It is complete without its script, which only takes what is sent next and puts it in its place.
 */
import type { Summary } from "../../schemas/index.js";
import { escapeXml } from "../core/escape-xml.js";
import { formatCount, formatMs, formatPercent, formatSeconds } from "../core/format.js";
import type { ObservedRun } from "../core/observed-run.js";
import { formatDocument } from "../report/document.js";
import { type Figure, listFigures, paragraph, section } from "../report/markup.js";
import { formatSections, titleOf } from "../report/page.js";
import { drawLatency } from "../report/sections/latency.js";
import { tabulateRoutes } from "../report/sections/rest.js";
import { drawSeconds } from "../report/sections/seconds.js";
import { heatLimitsMs, spectrumOf } from "../verdict/timeline.js";

/** Where the page gets what is sent next, relative to it. */
export const eventsPath = "events";

const style = `
.running{--tone:var(--accent)}
progress{display:block;width:100%;height:.5rem;margin:.75rem 0 0;accent-color:var(--accent)}
.ended{--tone:var(--unsure)}
`;

/** What is focused and how far charts are scrolled survives an update. */
const script = `
const main = document.querySelector("main");
const source = new EventSource("${eventsPath}");
const named = (element) => element && main.contains(element) ? element.getAttribute("aria-label") : null;
function show(html) {
  const focused = named(document.activeElement);
  const scrolled = new Map([...main.querySelectorAll(".scroll")].map((one) => [named(one), one.scrollLeft]));
  main.innerHTML = html;
  for (const one of main.querySelectorAll(".scroll")) {
    one.scrollLeft = scrolled.get(named(one)) ?? 0;
    if (focused !== null && named(one) === focused) one.focus({ preventScroll: true });
  }
}
source.addEventListener("update", ({ data }) => show(JSON.parse(data)));
source.addEventListener("end", ({ data }) => {
  source.close();
  const { title, html } = JSON.parse(data);
  document.title = title;
  show(html);
});
source.addEventListener("error", () => {
  source.close();
  const banner = main.querySelector(".running");
  banner.classList.replace("running", "ended");
  banner.querySelector(".word").textContent = "ENDED";
  banner.querySelector("p").textContent = "The load test has ended without a result.";
});
`;

/** The page of a run; of one that has not begun without `run`. */
export function formatLivePage(run: ObservedRun | undefined, version: string): string {
  return formatDocument({
    title: `RUNNING: load test${run === undefined ? "" : ` ${run.plan}`}`,
    style,
    body: formatLiveRun(run),
    footer: `max-harness ${version}. This page is served by the load test, and closes with it.`,
    script,
  });
}

/** What the page becomes once the run is over. */
export function formatLiveReport(summary: Summary): { readonly title: string; readonly html: string } {
  return { title: titleOf(summary), html: formatSections(summary) };
}

function describeState(run: ObservedRun | undefined): string {
  if (run === undefined)
    return `<div class="verdict running"><span class="word">STARTING</span><h1>Load test</h1>${paragraph("It has not begun yet.")}</div>`;
  const { plan, target, stage, elapsedMs, plannedMs } = run;
  const passedMs = Math.min(elapsedMs, plannedMs);
  const time = `${stage}, ${formatSeconds(Math.round(passedMs / 1000) * 1000)} of ${formatSeconds(plannedMs)}`;
  const bar = `<progress aria-label="Time" max="${plannedMs}" value="${Math.round(passedMs)}"></progress>`;
  return `<div class="verdict running"><span class="word">RUNNING</span><h1>Load test “${escapeXml(plan)}” of ${escapeXml(target)}</h1>${paragraph(time)}${bar}</div>`;
}

function describeFigures({ connected, deliveries, faults, latency, timeline, generator, routes }: ObservedRun): string {
  const last = timeline.at(-1);
  const { p50, p99, max } = latency.percentiles();
  const answered = routes.reduce((sum, { requests }) => sum + requests, 0);
  const figures: readonly Figure[] = [
    ["Subscribers", formatCount(connected), "connected now"],
    ["Deliveries a second", formatCount(last?.deliveries ?? 0), `${formatCount(deliveries)} so far, each one checked`],
    ["99 % arrived within", formatMs(p99), `median ${formatMs(p50)}, slowest ${formatMs(max)}`],
    ["Wrong so far", formatCount(faults), "lost, doubled, swapped, changed or added"],
    ...(routes.length === 0
      ? []
      : [["REST a second", formatCount(last?.requests ?? 0), `${formatCount(answered)} measured answers`] as const]),
    ["Busiest generator", formatPercent(generator.utilisation), "of the last second"],
  ];
  return listFigures(figures);
}

/** What is known so far, as markup. */
export function formatLiveRun(run: ObservedRun | undefined): string {
  if (run === undefined) return describeState(run);
  const { timeline, latency } = run;
  const latencyMs = latency.percentiles();
  const routes = run.routes.map(({ latency: answered, ...route }) => ({
    ...route,
    reasons: [],
    latencyMs: answered.percentiles(),
  }));
  const charts = drawLatency({
    timeline: [...timeline],
    heatLimitsMs: [...heatLimitsMs],
    latencyMs,
    spectrum: spectrumOf(latency),
  });
  return [
    describeState(run),
    describeFigures(run),
    ...(charts.length === 0 ? [] : [section("Latency", ...charts)]),
    ...(timeline.length === 0 ? [] : [section("Rates and connections", ...drawSeconds([...timeline]))]),
    ...(routes.length === 0 ? [] : [section("REST beside the subscribers", tabulateRoutes(routes))]),
  ].join("\n");
}
