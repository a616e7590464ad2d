/** What a run shows while it goes on: to an observer all of it, on a screen a plain line every few seconds, or a bar. */
import type { LoadtestOptions, ProgressDisplay } from "../core/options.js";
import { formatSeconds } from "../core/format.js";
import type { Timetable } from "../core/timetable.js";
import type { MergedSecond } from "../generator/seconds.js";
import type { RestFigures } from "../rest/rest-load.js";
import { RunFigures } from "./run-figures.js";

const plainEverySeconds = 5;
const barWidth = 24;

export class Progress {
  readonly #display: ProgressDisplay | undefined;
  /** Undefined where nobody looks. */
  readonly #figures: RunFigures | undefined;
  readonly #totalMs: number;
  readonly #startMs = performance.now();
  #stage = "connect";
  #count = 0;

  constructor({ plan, progress, observer }: LoadtestOptions, target: string, timetable: Timetable) {
    this.#display = progress;
    const { opening, warmupMs, measuredMs, clientsMax } = timetable;
    this.#totalMs = (opening?.durationMs ?? 0) + warmupMs + measuredMs;
    progress?.line(`Plan ${plan.name}: ${clientsMax} subscribers of ${target}, ${formatSeconds(this.#totalMs)}.`);
    if (progress === undefined && observer === undefined) return;
    this.#figures = new RunFigures({ plan: plan.name, target, plannedMs: this.#totalMs });
    observer?.begin(this.#figures);
  }

  /** The requests begin. */
  requests(rest: RestFigures): void {
    if (this.#figures !== undefined) this.#figures.rest = rest;
  }

  /** A stage begins. Zero is of no fixed length. */
  stage(name: string, durationMs = 0): void {
    this.#stage = name;
    if (this.#figures !== undefined) this.#figures.stage = name;
    const length = durationMs > 0 ? ` for ${formatSeconds(durationMs)}` : "";
    if (this.#display?.bar === undefined) this.#line(`${name}${length}`);
  }

  second(second: MergedSecond): void {
    if (this.#figures === undefined) return;
    const { connected, deliveries, p99 } = this.#figures.second(second);
    if (this.#display === undefined) return;
    this.#count += 1;
    const latency = p99 === null ? "" : `, p99 ${p99.toFixed(1)} ms`;
    const figures = `${this.#stage}: ${connected} connected, ${deliveries.toLocaleString("en")} deliveries/s${latency}, ${second.faults} faults`;
    if (this.#display.bar !== undefined) this.#display.bar(`${this.#drawBar()} ${figures}`);
    else if (this.#count % plainEverySeconds === 0) this.#line(figures);
  }

  end(): void {
    this.#display?.bar?.("");
  }

  #line(text: string): void {
    this.#display?.line(`${Math.round(this.#elapsedMs / 1000)} s  ${text}`);
  }

  #drawBar(): string {
    const filled = Math.round(Math.min(1, this.#elapsedMs / this.#totalMs) * barWidth);
    return "█".repeat(filled) + "░".repeat(barWidth - filled);
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }
}
