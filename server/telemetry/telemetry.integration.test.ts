/** A receiver gets the spans of REST commands and all metrics, as OTLP over HTTP has them; a server goes on without one. */
import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../core/logger.js";
import { type Max, startMax } from "../main.js";
import { type Attribute, Receiver } from "./receiver.fixture.js";
import { type TelemetryOptions, readTelemetryOptions } from "./telemetry-options.js";

const quick = { OTEL_BSP_SCHEDULE_DELAY: "50", OTEL_METRIC_EXPORT_INTERVAL: "50" };

async function start(telemetry: TelemetryOptions | undefined, logger = silentLogger): Promise<Max> {
  const max = await startMax({ port: 0, clock: "manual", store: ":memory:", logger, ...(telemetry && { telemetry }) });
  onTestFinished(() => max.close());
  return max;
}

function attributesOf(attributes: readonly Attribute[]): Record<string, string | undefined> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}

async function post(max: Max, traceparent: string): Promise<number> {
  const response = await fetch(`${max.url}/api/discussions/disc-001/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent },
    body: JSON.stringify({ content: "hello", authorId: "agent-001" }),
  });
  return response.status;
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test("a REST command is a span below the client's, and the metrics are those of /metrics", async () => {
  const receiver = new Receiver();
  const endpoint = await receiver.open();
  const max = await start(
    readTelemetryOptions({
      ...quick,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20secret",
      OTEL_SERVICE_NAME: "market",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
    }),
  );
  max.advance("1s");
  expect(await post(max, `00-${traceId}-${spanId}-01`)).toBe(201);
  expect((await fetch(`${max.url}/api/nowhere/${"x".repeat(50)}`)).status).toBe(404);
  await expect.poll(() => receiver.spans().length).toBe(2);
  await expect.poll(() => receiver.metrics().length).toBeGreaterThan(20);

  const [command, unknown] = receiver.spans();
  expect(command).toMatchObject({ traceId, parentSpanId: spanId, kind: 2, name: "POST /api/discussions/:id/messages" });
  expect(command.spanId).toMatch(/^[\da-f]{16}$/);
  expect(BigInt(command.endTimeUnixNano)).toBeGreaterThan(BigInt(command.startTimeUnixNano));
  expect(Math.abs(Number(BigInt(command.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  expect(attributesOf(command.attributes)).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/api/discussions/:id/messages",
    "http.response.status_code": "201",
  });
  expect(unknown.name).toBe("GET");
  expect(unknown.parentSpanId).toBeUndefined();

  const traces = receiver.bodies.find(({ path }) => path === "/v1/traces")!;
  expect(traces.headers["x-key"]).toBe("a secret");
  expect(attributesOf(traces.body.resourceSpans![0].resource.attributes)).toMatchObject({
    "service.name": "market",
    "deployment.environment": "test",
  });

  const metrics = new Map(receiver.metrics().map((metric) => [metric.name, metric]));
  expect(metrics.get("max_batches_total")?.sum).toMatchObject({ isMonotonic: true, dataPoints: [{ asDouble: 5 }] });
  const [lateness] = metrics.get("max_tick_lateness_seconds")!.histogram!.dataPoints;
  expect(lateness.bucketCounts.reduce((sum, one) => sum + Number(one), 0)).toBe(Number(lateness.count));
  const headers = { authorization: `Bearer ${max.token}` };
  const text = await (await fetch(`${max.url}/metrics`, { headers })).text();
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names.filter((name) => !metrics.has(name))).toEqual([]);
});

test("what is not sampled makes no span; a stop sends what waits", async () => {
  const receiver = new Receiver();
  const endpoint = await receiver.open();
  const max = await start(
    readTelemetryOptions({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/spans`, OTEL_BSP_SCHEDULE_DELAY: "60000" }),
  );
  expect(await post(max, `00-${traceId}-${spanId}-00`)).toBe(201);
  expect(await post(max, `00-${traceId}-${spanId}-01`)).toBe(201);
  await max.close();
  expect(receiver.bodies.map(({ path }) => path)).toEqual(["/spans"]);
  expect(receiver.spans()).toHaveLength(1);
});

test("a receiver that is away, or refuses, is logged once and disturbs nobody", async () => {
  const receiver = new Receiver();
  receiver.status = 503;
  const endpoint = await receiver.open();
  const warnings: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const max = await start(
    readTelemetryOptions({ ...quick, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" }),
    logger,
  );
  await expect.poll(() => receiver.bodies.length).toBeGreaterThan(3);
  expect(await post(max, "nonsense")).toBe(201);
  expect(warnings).toEqual([{ url: `${endpoint}/v1/metrics`, reason: "HTTP status 503" }]);
});

test.each([
  [{}, undefined],
  [{ OTEL_SERVICE_NAME: "market" }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:4318", OTEL_SDK_DISABLED: "true" }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
])("variables of %j ask for nothing", (env, options) => {
  expect(readTelemetryOptions(env)).toBe(options);
});

test("an exporter that is named has the usual endpoint", () => {
  expect(readTelemetryOptions({ OTEL_METRICS_EXPORTER: "otlp" })).toEqual({
    serviceName: "max-harness",
    attributes: {},
    metrics: { url: "http://localhost:4318/v1/metrics", headers: {}, timeoutMs: 10_000, everyMs: 60_000 },
  });
});

test.each([
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, 'Invalid OTEL_EXPORTER_OTLP_PROTOCOL "grpc": expected http/json'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, 'Invalid OTEL_EXPORTER_OTLP_ENDPOINT "collector:4318"'],
  [{ OTEL_TRACES_EXPORTER: "zipkin" }, 'Invalid OTEL_TRACES_EXPORTER "zipkin": expected otlp or none.'],
  [{ OTEL_TRACES_SAMPLER: "sometimes" }, 'Invalid OTEL_TRACES_SAMPLER "sometimes"'],
  [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" }, 'Invalid OTEL_TRACES_SAMPLER_ARG "2"'],
  [{ OTEL_METRIC_EXPORT_INTERVAL: "often" }, 'Invalid OTEL_METRIC_EXPORT_INTERVAL "often": expected milliseconds'],
])("%j is refused in one sentence", (env, sentence) => {
  const given = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318", ...env };
  expect(() => readTelemetryOptions(given)).toThrow(sentence);
});

test("headers that cannot be read are refused without being repeated", () => {
  const read = () =>
    readTelemetryOptions({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a", OTEL_EXPORTER_OTLP_HEADERS: "s3cret" });
  expect(read).toThrow("Invalid OTEL_EXPORTER_OTLP_HEADERS: expected NAME=VALUE");
  expect(read).not.toThrow("s3cret");
});
