/**
 * The delivery latencies of a run: all of them exactly, and second by second in classes of one percent, which are coarse
 * enough to be resampled hundreds of times. An hour of whole histograms would take 340 MB.
 */
import { OptionError } from "../core/errors.js";
import { LatencyHistogram } from "../core/histogram.js";

/** Width of a class, as a difference of natural logarithms. */
export const classWidth = 0.01;

/** One second in which something arrived. */
export interface LatencySecond {
  /** Whole seconds since the start of the run. */
  readonly second: number;
  /** Deliveries by class; class 0 is one microsecond. */
  readonly classes: ReadonlyMap<number, number>;
}

export class RunLatencies {
  readonly all = new LatencyHistogram();
  readonly seconds: LatencySecond[] = [];

  /** Seconds come in order; one in which nothing arrived is left out. */
  add(second: number, latency: LatencyHistogram): void {
    if (latency.count === 0) return;
    this.all.add(latency);
    const classes = new Map<number, number>();
    for (const [valueMs, count] of latency.values()) {
      const at = Math.round(Math.log(Math.max(1, valueMs * 1000)) / classWidth);
      classes.set(at, (classes.get(at) ?? 0) + count);
    }
    this.seconds.push({ second, classes });
  }

  /** From the first second with a delivery to the last. */
  get measuredSeconds(): number {
    const { seconds } = this;
    return seconds.length === 0 ? 0 : seconds.at(-1)!.second - seconds[0]!.second + 1;
  }
}

const interval = /^(?:Tag=[^,]*,)?(?<second>\d+(?:\.\d+)?),[\d.]+,[\d.]+,(?<histogram>[\w+/=]+)$/;

/**
 * The latencies in a latency.hlog.
 *
 * @param name of the file, for the message
 * @throws {OptionError} when a line is neither a comment nor a histogram
 */
export function parseLatencyLog(text: string, name: string): RunLatencies {
  const latencies = new RunLatencies();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || line.startsWith("#") || line.startsWith('"')) continue;
    try {
      const { second, histogram } = interval.exec(line)!.groups!;
      latencies.add(Math.floor(Number(second)), LatencyHistogram.merge([histogram!]));
    } catch (cause) {
      throw new OptionError(`${name}: line ${at + 1} is not an interval of a histogram log.`, { cause });
    }
  }
  return latencies;
}
