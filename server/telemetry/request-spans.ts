/**
 * A span for each REST request: its route, status and duration, as a child of what the client names in `traceparent`.
 *
 * Names and attributes follow OpenTelemetry's conventions for HTTP servers. A route is one of ours, never a path that a
 * client chose.
 */
import { randomBytes } from "node:crypto";
import type { Context, Middleware } from "koa";
import { monotonicNs, wallClockMs } from "../core/timers.js";
import { type Attributes, encodeAttributes } from "./otlp-exporter.js";
import type { TelemetryOptions } from "./telemetry-options.js";

const spansMax = 2048;
const serverKind = 2;
const errorStatus = { code: 2 };

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly beganNs: bigint;
  readonly endedNs: bigint;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** The `traceparent` of W3C Trace Context; undefined where there is none that is valid. */
export function parseTraceParent(header: string | undefined): Parent | undefined {
  const [, version, traceId = "", spanId = "", flags = "", rest] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(header ?? "") ?? [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

type TraceOptions = NonNullable<TelemetryOptions["traces"]>;

/** The route as it is declared, such as `/api/sectors/:id`. */
function routeOf(context: Context): string | undefined {
  const { matched } = context as {
    readonly matched?: readonly { readonly path: unknown; readonly methods: readonly string[] }[];
  };
  // What is answered past the router has a path without parameters.
  if (matched === undefined) return context.status < 400 ? context.path : undefined;
  const layer = matched.findLast(({ methods }) => methods.includes(context.method));
  return typeof layer?.path === "string" ? layer.path : undefined;
}

export class RequestSpans {
  readonly #options: TraceOptions;
  #spans: Span[] = [];
  #dropped = 0;
  /** What is added to the monotonic clock for the time of day, nanoseconds. */
  readonly #offsetNs = BigInt(wallClockMs()) * 1_000_000n - monotonicNs();

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  /** Spans that were not sent, because too many were waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The outermost middleware of the API. */
  readonly middleware: Middleware = async (context, next) => {
    const parent = parseTraceParent(context.get("traceparent"));
    const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
    if (!this.#isSampled(traceId, parent)) {
      await next();
      return;
    }
    const beganNs = monotonicNs();
    try {
      await next();
    } finally {
      this.#add(context, traceId, parent, beganNs);
    }
  };

  #isSampled(traceId: string, parent: Parent | undefined): boolean {
    const { ratio, isParentBased } = this.#options;
    if (isParentBased && parent !== undefined) return parent.isSampled;
    // The last 56 bits are random; the same trace is judged alike everywhere.
    return Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52;
  }

  #add(context: Context, traceId: string, parent: Parent | undefined, beganNs: bigint): void {
    if (this.#spans.length >= spansMax) {
      this.#dropped += 1;
      return;
    }
    const { method, path, status } = context;
    const route = routeOf(context);
    this.#spans.push({
      traceId,
      spanId: randomBytes(8).toString("hex"),
      ...(parent && { parentSpanId: parent.spanId }),
      name: route === undefined ? method : `${method} ${route}`,
      beganNs: beganNs + this.#offsetNs,
      endedNs: monotonicNs() + this.#offsetNs,
      attributes: {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": path,
        "url.scheme": "http",
        ...(route !== undefined && { "http.route": route }),
      },
      isError: status >= 500,
    });
  }

  /** Takes the spans that wait, as OTLP has them. */
  take(): readonly object[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans.map((span) => encodeSpan(span));
  }
}

function encodeSpan({ beganNs, endedNs, attributes, isError, ...span }: Span): object {
  return {
    ...span,
    kind: serverKind,
    startTimeUnixNano: String(beganNs),
    endTimeUnixNano: String(endedNs),
    attributes: encodeAttributes(attributes),
    status: isError ? errorStatus : {},
  };
}
