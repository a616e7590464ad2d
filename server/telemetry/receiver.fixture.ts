/** An OpenTelemetry receiver that keeps what it is sent, as OTLP over HTTP in JSON has it. */
import { once } from "node:events";
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
}

export interface Metric {
  readonly name: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly { readonly asDouble: number }[] };
  readonly histogram?: { readonly dataPoints: readonly { readonly count: string; readonly bucketCounts: string[] }[] };
}

interface Received {
  readonly resourceSpans?: readonly { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[];
  readonly resourceMetrics?: readonly { scopeMetrics: { metrics: Metric[] }[] }[];
}

export class Receiver {
  readonly bodies: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Received }[] = [];
  status = 200;
  readonly #server = createServer((request, response) => {
    void json(request)
      .then((body) => this.bodies.push({ path: request.url!, headers: request.headers, body: body as Received }))
      .finally(() => response.writeHead(this.status).end("{}"));
  });

  async open(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void this.#server.close());
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  spans(): Span[] {
    const resources = this.bodies.flatMap(({ body }) => body.resourceSpans ?? []);
    return resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  }

  metrics(): Metric[] {
    const resources = this.bodies.flatMap(({ body }) => body.resourceMetrics ?? []);
    return resources.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  }
}
