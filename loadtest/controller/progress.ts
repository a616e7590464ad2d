/** What a run shows while it goes on: a plain line every few seconds, or a bar where one can be drawn. */
import { type MergedSecond, latencyOf } from "../generator/seconds.js";
import type { LoadtestOptions, ProgressDisplay } from "../core/options.js";
import { formatSeconds } from "../core/format.js";
import type { Timetable } from "../core/timetable.js";

const plainEverySeconds = 5;
const barWidth = 24;

export class Progress {
  readonly #display: ProgressDisplay | undefined;
  readonly #totalMs: number;
  readonly #startMs = performance.now();
  #stage = "connect";
  #count = 0;
  #deliveries = 0;

  constructor({ plan, progress }: LoadtestOptions, url: string, timetable: Timetable) {
    this.#display = progress;
    const { opening, warmupMs, measuredMs, clientsMax } = timetable;
    this.#totalMs = (opening?.durationMs ?? 0) + warmupMs + measuredMs;
    progress?.line(`Plan ${plan.name}: ${clientsMax} subscribers of ${url}, ${formatSeconds(this.#totalMs)}.`);
  }

  /** A stage begins. Zero is of no fixed length. */
  stage(name: string, durationMs = 0): void {
    this.#stage = name;
    const length = durationMs > 0 ? ` for ${formatSeconds(durationMs)}` : "";
    if (this.#display?.bar === undefined) this.#line(`${name}${length}`);
  }

  second(second: MergedSecond): void {
    if (this.#display === undefined) return;
    const { connected, deliveries, faults } = second;
    const latency = latencyOf(second);
    const perSecond = Math.max(0, deliveries - this.#deliveries);
    this.#deliveries = deliveries;
    this.#count += 1;
    const p99 = latency.count === 0 ? "" : `, p99 ${latency.percentileMs(99).toFixed(1)} ms`;
    const figures = `${this.#stage}: ${connected} connected, ${perSecond.toLocaleString("en")} deliveries/s${p99}, ${faults} faults`;
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
