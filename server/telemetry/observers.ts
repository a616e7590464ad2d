/** Opens what reads the server's counters besides its own API: a port for Prometheus, and what sends to OpenTelemetry. */
import type { Middleware } from "koa";
import type { Logger } from "../core/logger.js";
import { version } from "../../schemas/package-root.js";
import { type MetricsAddress, MetricsListener } from "../metrics/metrics-listener.js";
import type { Metrics } from "../metrics/metrics.js";
import type { TelemetryOptions } from "./telemetry-options.js";

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics?: MetricsAddress;
  readonly telemetry?: TelemetryOptions;
}

/** Who reads what the server counts, besides its own API. */
export interface Observers {
  readonly metricsUrl: string | undefined;
  readonly trace: Middleware | undefined;
  close(): Promise<void>;
}

/** @param metrics fails before there are any, as early scrapes do */
export async function openObservers(options: ObserverOptions, metrics: () => Metrics): Promise<Observers> {
  const { logger } = options;
  const collectMetrics = async () => await metrics().collect();
  const sending =
    options.telemetry &&
    (await import("./telemetry.js")).startTelemetry(options.telemetry, { version, logger, collectMetrics });
  const listener = options.metrics && (await MetricsListener.open(options.metrics, async () => await metrics().text()));
  return {
    metricsUrl: listener?.url,
    trace: sending?.trace,
    async close() {
      listener?.close();
      await sending?.close();
    },
  };
}
