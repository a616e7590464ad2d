/**
 * The usual OTEL_* variables as options.
 *
 * An unset variable has the default of OpenTelemetry's specification. A value that cannot be met is refused, because a
 * receiver that stays empty is a riddle.
 */
import type { Attributes } from "./otlp-exporter.js";

/** Where one kind of signal goes. */
export interface SignalOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the receiver's answer may take. Milliseconds. */
  readonly timeoutMs: number;
}

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly attributes: Attributes;
  readonly traces?: SignalOptions & {
    /** How long a span waits at most before it is sent. Milliseconds. */
    readonly everyMs: number;
    /** Share of the traces that are recorded, of those that begin here. */
    readonly ratio: number;
    /** Whether a request's own `traceparent` decides instead. */
    readonly isParentBased: boolean;
  };
  readonly metrics?: SignalOptions & { readonly everyMs: number };
}

/** A variable that cannot be met, in one sentence. */
export class TelemetryOptionError extends Error {
  override readonly name = "TelemetryOptionError";
}

type Variables = Readonly<Record<string, string | undefined>>;
type Signal = "TRACES" | "METRICS";

const paths: Readonly<Record<Signal, string>> = { TRACES: "v1/traces", METRICS: "v1/metrics" };
const defaultEndpoint = "http://localhost:4318";

/**
 * What the variables ask for; undefined where they ask for nothing: neither an endpoint nor an exporter is named.
 *
 * @throws {TelemetryOptionError}
 */
export function readTelemetryOptions(env: Variables): TelemetryOptions | undefined {
  if (read(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const [traces, metrics] = [readSignal(env, "TRACES"), readSignal(env, "METRICS")];
  if (traces === undefined && metrics === undefined) return undefined;
  const { "service.name": named, ...attributes } = readPairs(env, "OTEL_RESOURCE_ATTRIBUTES");
  return {
    serviceName: read(env, "OTEL_SERVICE_NAME") ?? named ?? "max-harness",
    attributes,
    ...(traces && {
      traces: { ...traces, ...readSampler(env), everyMs: readMs(env, "OTEL_BSP_SCHEDULE_DELAY", 5_000) },
    }),
    ...(metrics && { metrics: { ...metrics, everyMs: readMs(env, "OTEL_METRIC_EXPORT_INTERVAL", 60_000) } }),
  };
}

/** An empty variable counts as unset, as the specification has it. */
function read(env: Variables, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}

function readSignal(env: Variables, signal: Signal): SignalOptions | undefined {
  const exporter = `OTEL_${signal}_EXPORTER`;
  const kind = read(env, exporter);
  if (kind !== undefined && kind !== "otlp" && kind !== "none") throw refuse(exporter, kind, "otlp or none");
  const own = read(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const common = read(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (kind === "none" || (kind === undefined && own === undefined && common === undefined)) return undefined;
  const [protocolName, protocol] = either(env, signal, "PROTOCOL");
  if (protocol !== undefined && protocol !== "http/json" && protocol !== "http/protobuf")
    throw refuse(protocolName, protocol, "http/json; receivers take it at port 4318");
  const url = own ?? `${(common ?? defaultEndpoint).replace(/\/+$/, "")}/${paths[signal]}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw refuse(
      own === undefined ? "OTEL_EXPORTER_OTLP_ENDPOINT" : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`,
      own ?? common ?? "",
      `a URL such as ${defaultEndpoint}`,
    );
  const [timeoutName] = either(env, signal, "TIMEOUT");
  return {
    url,
    headers: {
      ...readPairs(env, "OTEL_EXPORTER_OTLP_HEADERS"),
      ...readPairs(env, `OTEL_EXPORTER_OTLP_${signal}_HEADERS`),
    },
    timeoutMs: readMs(env, timeoutName, 10_000),
  };
}

/** The variable of the signal, or the one for all of them. */
function either(env: Variables, signal: Signal, ending: string): readonly [name: string, text: string | undefined] {
  const own = `OTEL_EXPORTER_OTLP_${signal}_${ending}`;
  const name = read(env, own) === undefined ? `OTEL_EXPORTER_OTLP_${ending}` : own;
  return [name, read(env, name)];
}

function readSampler(env: Variables): { readonly ratio: number; readonly isParentBased: boolean } {
  const text = read(env, "OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const [, parentBased, kind = ""] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(text) ?? [];
  if (kind === "")
    throw refuse("OTEL_TRACES_SAMPLER", text, "always_on, always_off or traceidratio, or parentbased_ and one of them");
  const argument = read(env, "OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const share = kind === "traceidratio" ? Number(argument) : Number(kind === "always_on");
  if (!(share >= 0 && share <= 1)) throw refuse("OTEL_TRACES_SAMPLER_ARG", argument, "a share from 0 to 1");
  return { ratio: share, isParentBased: parentBased !== undefined };
}

/** `name=value,name=value`, values percent-encoded. Not repeated in messages: they may be secrets. */
function readPairs(env: Variables, name: string): Record<string, string> {
  const pairs = (read(env, name) ?? "").split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? [];
      if (key === undefined)
        throw new TelemetryOptionError(`Invalid ${name}: expected NAME=VALUE, separated by commas.`);
      return [key, decode(value!.trim())];
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readMs(env: Variables, name: string, usual: number): number {
  const text = read(env, name);
  if (text === undefined) return usual;
  const ms = Number(text);
  if (Number.isSafeInteger(ms) && ms >= 1 && ms <= 2_147_483_647) return ms;
  throw refuse(name, text, "milliseconds, 1 to 2147483647");
}

function refuse(name: string, text: string, expected: string): TelemetryOptionError {
  return new TelemetryOptionError(`Invalid ${name} ${JSON.stringify(text)}: expected ${expected}.`);
}
