/** Opens what looks at a load test while it runs: the live page with its metrics, and what sends them to OpenTelemetry. */
import { type ObservedRun, type RunObserver, collectLiveMetrics } from "../../loadtest/index.js";
import { version } from "../../schemas/package-root.js";
import { silentLogger } from "../../server/core/logger.js";
import type { TelemetryOptions } from "../../server/telemetry/telemetry-options.js";
import { LiveServer } from "./live-server.js";

export interface ObserverOptions {
  /** Of the page; undefined where there is none. */
  readonly port: number | undefined;
  readonly telemetry: TelemetryOptions | undefined;
  /** Takes what a user should know, a line each. */
  readonly tell: (line: string) => void;
}

export interface Observers extends AsyncDisposable {
  /** Undefined where nobody looks on. */
  readonly observer: RunObserver | undefined;
}

/** @throws {StartError} when the port of the page is taken or not allowed */
export async function openObservers({ port, telemetry, tell }: ObserverOptions): Promise<Observers> {
  let run: ObservedRun | undefined;
  const page = port === undefined ? undefined : await LiveServer.open(port);
  if (page !== undefined) tell(`Live page: ${page.url} (${page.url}metrics for Prometheus)`);
  const sending =
    telemetry &&
    (await import("../../server/telemetry/telemetry.js")).startTelemetry(telemetry, {
      version,
      logger: {
        ...silentLogger,
        warn: (fields, message) => tell(`Warning: ${message} (${Object.values(fields).join(": ")}).`),
      },
      collectMetrics: async () => await Promise.resolve(run === undefined ? [] : collectLiveMetrics(run)),
    });
  const observer: RunObserver | undefined =
    page === undefined && sending === undefined
      ? undefined
      : {
          begin(begun) {
            run = begun;
            page?.begin(begun);
          },
          end: (summary) => page?.end(summary),
        };
  return {
    observer,
    async [Symbol.asyncDispose]() {
      await Promise.all([page?.close(), sending?.close()]);
    },
  };
}
