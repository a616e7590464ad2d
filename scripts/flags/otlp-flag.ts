/** `--otlp URL`: the usual OTEL_* variables hold beside it, such as the receiver's headers. */
import { describeValue } from "../../schemas/describe-value.js";
import {
  TelemetryOptionError,
  type TelemetryOptions,
  readTelemetryOptions,
} from "../../server/telemetry/telemetry-options.js";
import { CliError, exitCodes } from "../cli-error.js";
import { textFlag } from "./flag-table.js";

export const otlpFlag = textFlag({
  parse: parseReceiver,
  description: "send the metrics to this OpenTelemetry receiver, as OTLP over HTTP: http://localhost:4318",
  defaultDescription: "none",
});

function parseReceiver(text: string, flag: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new CliError(
    exitCodes.usage,
    `Invalid ${flag} ${describeValue(text)}: expected a URL such as http://localhost:4318.`,
  );
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What the variables ask for, as options. @throws {CliError} that names the variable */
export function readTelemetry(env: Variables): TelemetryOptions | undefined {
  try {
    return readTelemetryOptions(env);
  } catch (cause) {
    if (!(cause instanceof TelemetryOptionError)) throw cause;
    throw new CliError(exitCodes.usage, cause.message, { cause });
  }
}

/** Often enough for a run of seconds. Milliseconds. */
const everyMs = "5000";

/** Metrics to the receiver, and nothing else: a load test has no spans. */
export function telemetryOf(url: string, env: Variables): TelemetryOptions | undefined {
  return readTelemetry({
    OTEL_SERVICE_NAME: "max-loadtest",
    OTEL_METRIC_EXPORT_INTERVAL: everyMs,
    ...env,
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: undefined,
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_TRACES_EXPORTER: "none",
  });
}
