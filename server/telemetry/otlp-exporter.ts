/**
 * Sends spans and metrics to an OpenTelemetry receiver: OTLP over HTTP, as JSON, which every receiver takes beside
 * protobuf (OTLP 1.x, "JSON Protobuf Encoding").
 *
 * Not OpenTelemetry's own packages: they weigh as much as all of max-harness, and what is sent here are one kind of span
 * and the metrics that are counted anyway. Invariant: nothing waits for the receiver, and what it does not take is
 * dropped and counted, never kept without bound.
 */
import type { Logger } from "../core/logger.js";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../core/timers.js";

/** A value of an attribute. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface OtlpOptions {
  /** Where one kind of signal goes. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long an answer may take. Milliseconds. */
  readonly timeoutMs: number;
  readonly everyMs: number;
  readonly logger: Logger;
  /** The request's body; undefined where there is nothing to send. */
  readonly collect: () => Promise<object | undefined> | object | undefined;
}

const closeMsMax = 2_000;

/** Asks for what there is to send, again and again, and sends it. */
export class OtlpExporter {
  readonly #options: OtlpOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #sending: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isFailing = false;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), options.everyMs);
    // It keeps no process alive.
    this.#timer.unref();
  }

  /** Sends what there is, unless that is on its way already. */
  flush(): Promise<void> {
    if (!this.#isBusy) {
      this.#isBusy = true;
      this.#sending = this.#send().finally(() => (this.#isBusy = false));
    }
    return this.#sending;
  }

  /** Sends the rest, within 2 s. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#closing.abort(), closeMsMax);
    await this.#sending;
    await this.flush();
    clearTimeout(timer);
  }

  async #send(): Promise<void> {
    const { url, headers, timeoutMs, collect } = this.#options;
    try {
      const body = await collect();
      if (body === undefined) return;
      const response = await fetch(url, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]),
        redirect: "error",
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      this.#isFailing = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Once, until it works again. */
  #fail(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { cause, message } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    const { origin, pathname } = new URL(this.#options.url);
    this.#options.logger.warn(
      { url: origin + pathname, reason },
      "the OpenTelemetry receiver takes nothing: it is dropped",
    );
  }
}

/** Attributes as OTLP writes them. */
export function encodeAttributes(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
