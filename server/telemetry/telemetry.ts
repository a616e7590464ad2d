/** Spans and metrics on their way to an OpenTelemetry receiver. Loaded only where it is asked for. */
import type { Middleware } from "koa";
import type { MetricObjectWithValues, MetricValue } from "prom-client";
import type { Logger } from "../core/logger.js";
import { wallClockMs } from "../core/timers.js";
import { encodeMetrics } from "./encode-metrics.js";
import { OtlpExporter, encodeAttributes } from "./otlp-exporter.js";
import { RequestSpans } from "./request-spans.js";
import type { TelemetryOptions } from "./telemetry-options.js";

export interface TelemetrySources {
  readonly version: string;
  readonly logger: Logger;
  readonly collectMetrics: () => Promise<readonly MetricObjectWithValues<MetricValue<string>>[]>;
}

export interface Telemetry {
  /** Makes spans of requests; undefined where no traces are asked for. */
  readonly trace: Middleware | undefined;
  /** Sends the rest. */
  close(): Promise<void>;
}

const nowNs = (): string => `${wallClockMs()}000000`;

export function startTelemetry(options: TelemetryOptions, sources: TelemetrySources): Telemetry {
  const { version, logger, collectMetrics } = sources;
  const { serviceName, attributes, traces, metrics } = options;
  const scope = { name: "max-harness", version };
  const resource = {
    attributes: encodeAttributes({
      ...attributes,
      "service.name": serviceName,
      "service.version": version,
      "process.pid": process.pid,
    }),
  };
  const startTimeUnixNano = nowNs();
  const spans = traces && new RequestSpans(traces);
  const exporters = [
    traces &&
      spans &&
      new OtlpExporter({
        ...traces,
        logger,
        collect() {
          const taken = spans.take();
          return taken.length === 0
            ? undefined
            : { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: taken }] }] };
        },
      }),
    metrics &&
      new OtlpExporter({
        ...metrics,
        logger,
        async collect() {
          const encoded = encodeMetrics(await collectMetrics(), { startTimeUnixNano, timeUnixNano: nowNs() });
          return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: encoded }] }] };
        },
      }),
  ];
  return {
    trace: spans?.middleware,
    async close() {
      await Promise.all(exporters.map(async (exporter) => await exporter?.close()));
    },
  };
}
