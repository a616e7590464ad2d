/** What prom-client has counted, as OTLP metrics: the same names, numbers and labels as at /metrics. */
import type { MetricObjectWithValues, MetricValue } from "prom-client";
import { encodeAttributes } from "./otlp-exporter.js";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Value = MetricValue<string> & { readonly metricName?: string };

const cumulative = 2;

interface Times {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

/** A summary of prom-client is left out: OTLP has none that is not deprecated, and we have none. */
export function encodeMetrics(metrics: readonly Metric[], times: Times): readonly object[] {
  return metrics.flatMap((metric): readonly object[] => {
    const { name, help: description, values } = metric;
    const points = values as readonly Value[];
    // A name at run time, whatever the types say.
    switch (metric.type as unknown) {
      case "counter":
        return [
          {
            name,
            description,
            sum: {
              aggregationTemporality: cumulative,
              isMonotonic: true,
              dataPoints: points.map((one) => point(one, times)),
            },
          },
        ];
      case "gauge":
        return [{ name, description, gauge: { dataPoints: points.map((one) => point(one, times)) } }];
      case "histogram":
        return [
          {
            name,
            description,
            histogram: { aggregationTemporality: cumulative, dataPoints: histogramPoints(name, points, times) },
          },
        ];
      default:
        return [];
    }
  });
}

function point({ value, labels }: Value, times: Times): object {
  return { ...times, asDouble: value, attributes: encodeAttributes(labels as Record<string, string>) };
}

interface Series {
  readonly labels: Record<string, string>;
  /** Upper bound, and how many are not above it. */
  readonly buckets: [bound: number, upTo: number][];
  sum: number;
  count: number;
}

/** The buckets of prom-client count everything below their bound; those of OTLP what is between two bounds. */
function histogramPoints(name: string, values: readonly Value[], times: Times): readonly object[] {
  const series = new Map<string, Series>();
  for (const { metricName, labels, value } of values) {
    const { le, ...own } = labels as Record<string, string | number>;
    const key = JSON.stringify(own);
    const one = series.get(key) ?? { labels: own as Record<string, string>, buckets: [], sum: 0, count: 0 };
    series.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else if (le !== "+Inf") one.buckets.push([Number(le), value]);
  }
  return [...series.values()].map((one) => histogramPoint(one, times));
}

function histogramPoint({ labels, buckets, sum, count }: Series, times: Times): object {
  const counts = [...buckets.map(([, upTo]) => upTo), count];
  return {
    ...times,
    count: String(count),
    sum,
    explicitBounds: buckets.map(([bound]) => bound),
    bucketCounts: counts.map((upTo, at) => String(upTo - (counts[at - 1] ?? 0))),
    attributes: encodeAttributes(labels),
  };
}
