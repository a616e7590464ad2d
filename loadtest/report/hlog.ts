/** latency.hlog: a histogram for each second, in the log format that all HdrHistogram tools read. */
import { type MergedSecond, latencyOf } from "../generator/seconds.js";

/** Values are recorded in microseconds; the log's maximum is in milliseconds. */
export function formatHistogramLog(seconds: readonly MergedSecond[], startedAt: Date): string {
  const startSeconds = (startedAt.getTime() / 1000).toFixed(3);
  return [
    "#[Delivery latency in microseconds, max-harness]",
    "#[Histogram log format version 1.3]",
    `#[StartTime: ${startSeconds} (seconds since epoch), ${startedAt.toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...seconds
      .filter(({ latencies }) => latencies.length > 0)
      .map((second) => {
        const latency = latencyOf(second);
        return `${second.second.toFixed(3)},1.000,${latency.maxMs.toFixed(3)},${latency.encode()}`;
      }),
    "",
  ].join("\n");
}
