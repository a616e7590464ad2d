/** Each report is whole in itself, whatever was or was not measured. */
import { basename, dirname, join } from "node:path";
import { HistogramLogReader } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { type Comparison, type Summary, schemaFiles } from "../../schemas/index.js";
import { makeFolder } from "../loadtest.fixture.js";
import { LatencyHistogram } from "../core/histogram.js";
import { drawPercentileCurve } from "./charts/percentile-curve.js";
import { formatHistogramLog } from "./hlog.js";
import { formatJunit } from "./junit.js";
import { formatMarkdown } from "./markdown.js";
import { formatPage } from "./page.js";
import { formatResult } from "./terminal.js";
import { writeReports } from "./write.js";

const example = schemaFiles["summary.schema.json"].examples[0] as unknown as Summary;
const hostile = '<script>alert("&\u0001")</script>';

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

const root: SchemaNode & { readonly $defs: Readonly<Record<string, SchemaNode>> } = schemaFiles["summary.schema.json"];

/** A summary with values changed by what the schema says of them, so that a new field is among them. */
function changed(change: (value: unknown, node: SchemaNode) => unknown): Summary {
  function walk(value: unknown, reference: SchemaNode): unknown {
    const node = root.$defs[reference.$ref?.replace("#/$defs/", "") ?? ""] ?? reference;
    const { properties = {}, items = {} } = node;
    const now = change(value, node);
    if (Array.isArray(now)) return now.map((item) => walk(item, items));
    if (typeof now !== "object" || now === null) return now;
    return Object.fromEntries(Object.entries(now).map(([key, inner]) => [key, walk(inner, properties[key] ?? {})]));
  }
  return walk(example, root) as Summary;
}

const failed: Summary = {
  ...changed((value, node) =>
    typeof value === "string" && [node.type].flat().includes("string") && node.enum === undefined ? hostile : value,
  ),
  verdict: "FAIL",
  reasons: [hostile],
  deliveries: { ...example.deliveries, lost: 3 },
  divergences: [{ event: hostile, pointer: "/a|b", keyword: "missing", detail: "is missing", deliveries: 3 }],
  thresholds: [{ expression: "latencyMs.p99<1", value: null, passed: false }],
};

test("the page needs nothing from elsewhere and runs no script", () => {
  const page = formatPage(failed);
  expect(page).not.toMatch(/<script|https?:\/\/(?!localhost)|@import|url\(/);
  expect(page).toContain("&lt;script&gt;");
  expect(page.length).toBeLessThan(1_000_000);
});

test("a percentile at the top of its chart is labelled inside it", () => {
  const spectrum = [50, 99, 99.9].map((percentile) => ({ percentile, latencyMs: 29.9 }));
  const picture = drawPercentileCurve({ ...example, spectrum, latencyMs: { ...example.latencyMs, max: 29.9 } });
  const baselines = [...picture.matchAll(/<text[^>]* y="([\d.-]+)"[^>]*>p\d/g)].map(([, y]) => Number(y));
  expect(baselines).toHaveLength(3);
  expect(Math.min(...baselines)).toBeGreaterThan(12);
});

test("an hour of seconds still fits into a page below 1 MB", () => {
  const [second] = example.timeline;
  const timeline = Array.from({ length: 3600 }, (_, at) => ({
    ...second,
    second: at,
    heat: example.heatLimitsMs.map(() => at),
  }));
  expect(formatPage({ ...example, timeline }).length).toBeLessThan(1_000_000);
});

test("every report for people tells what the load cost, or why that is not known", () => {
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format(example)).toMatch(/8\.25 µs.*188 bytes a delivery.*60 KiB.*1\.20 ms \(p99\).*1\.0 %.*4\.10 µs/s);
    const { server } = example;
    const none = { cpuUsPerDelivery: null, costExplanation: "process 7 ended during the run" };
    const unknown = format({ ...example, server: { ...server, ...none } });
    expect(unknown).not.toMatch(/8\.25 µs/);
    if (format === formatPage) expect(unknown).toContain("not known: process 7 ended during the run");
  }
});

test("every report for people has the table of a restart, with what was not reached as a dash", () => {
  const times = { firstBackMs: 800, back50Ms: 1500, back95Ms: null, back100Ms: null };
  const counts = { dropped: 2000, returned: 1800, neverBack: 200, resumed: 0, missed: 12_345 };
  const restarts: Summary["restarts"] = [{ stage: "update", ...times, ...counts }];
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format({ ...example, restarts })).toMatch(/update.*2,000.*800\.0 ms.*1\.50 s.*–.*–.*200.*12,345/s);
    expect(format(example)).not.toMatch(/never back/i);
  }
});

test("a run that measured nothing still has its reports", () => {
  const empty = changed((value, { type }) => {
    if ([type].flat().includes("null")) return null;
    if (Array.isArray(value)) return [];
    return typeof value === "number" ? 0 : value;
  });
  for (const format of [formatPage, formatMarkdown, formatJunit, formatResult])
    expect(format(empty)).not.toMatch(/NaN|undefined|Infinity/);
});

test("on a server that cannot be regenerated every report says what the payloads' timestamps are worth", () => {
  const target = { ...example.target, oracle: "learned", oracleReason: "it has no /api/simulation" } as const;
  const timed: Summary = {
    ...example,
    target,
    payloadLatencyMs: { p50: 21, p90: 22, p99: 23, p999: 24, max: 25, count: 600 },
    payloadTimestamps: { ...example.payloadTimestamps, uncertaintyMs: 12.25, explanation: hostile },
  };
  const untimed = { ...example, target };
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format(timed)).toMatch(/from (the )?payload.*21\.0 ms.*22\.0 ms/is);
    expect(format(timed)).toMatch(/± 12\.3 ms: /);
    expect(format(untimed)).toMatch(/no latency from the payload.*s timestamp: latencyMs counts/i);
    expect(format(example)).not.toMatch(/from (the )?payload/i);
  }
  expect(formatPage(timed)).not.toContain("<script");
  const eventByEvent = { ...untimed, ticks: { ...example.ticks, intervalMs: 0 } };
  expect(formatPage(eventByEvent)).toContain(`${example.ticks.count}, each event as one`);
});

test("on a server that cannot be regenerated every report for people says what cannot be seen", () => {
  const target = { ...example.target, oracle: "learned", oracleReason: "it has no /api/simulation" } as const;
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format({ ...example, target })).toMatch(/cannot be seen/);
    expect(format(example)).not.toMatch(/cannot be seen/);
  }
});

test("every report names all members of a cluster, and which of them lost something", () => {
  const [address] = example.addresses;
  const lossy = {
    ...address,
    url: "http://localhost:8001",
    dropped: 7,
    deliveries: { ...address.deliveries, lost: 4321 },
  };
  const several: Summary = { ...example, addresses: [address, lossy] };
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format(several)).toMatch(/http:\/\/localhost:8001\D+20\D+7\D+0\D+1,200\D+4,321\b/);
    expect(format(several)).toMatch(/http:\/\/localhost:8000\D+20\D+0\D+0\D+1,200\D+0\b/);
    expect(format(example)).not.toMatch(/REST faults.*\n.*localhost:8000/);
  }
  expect(formatMarkdown(several)).toContain("of http://localhost:8000, http://localhost:8001, ");
  const junit = formatJunit(several);
  expect(junit.match(/<failure /g)).toHaveLength(1);
  expect(junit).toContain('name="subscribers of http://localhost:8000"');
  expect(junit).toMatch(
    /subscribers of http:\/\/localhost:8001.*\s*<failure message="20 connected, 7 dropped, 0 refused; 4321 lost/,
  );
  expect(formatJunit(example)).not.toContain("subscribers of");
});

test("a run with a baseline shows in every report for people what became of it, and what differs", () => {
  const comparison = schemaFiles["comparison.schema.json"].examples[0] as unknown as Comparison;
  for (const format of [formatPage, formatMarkdown, formatResult]) {
    expect(format({ ...example, comparison })).toMatch(
      /Not only the build differs: Node\.js\.[^]*Slower: p50 by 8 to 32 %\./,
    );
    expect(format(example)).not.toContain("Slower");
  }
});

test("JUnit counts its failures, and forbidden characters are dropped", () => {
  const xml = formatJunit(failed);
  const failures = xml.match(/<failure /g)?.length;
  expect(xml).toContain(`failures="${failures}"`);
  expect(failures).toBe(3);
  expect(xml).not.toContain("\u0001");
  expect(xml).not.toContain("<script");
});

test("a bar in a field does not break the Markdown table", () => {
  const markdown = formatMarkdown({ ...failed, thresholds: [{ expression: "a|b<1", value: 1, passed: false }] });
  expect(markdown).toContain("`a\\|b<1`");
});

test("the histogram log gives every second back", () => {
  const seconds = [3, 4].map((second) => {
    const latency = new LatencyHistogram();
    latency.record(second, 10);
    return {
      second,
      latencies: [latency.encode()],
      connected: 1,
      deliveries: 10,
      utilisation: 0,
      rssBytes: 0,
      faults: 0,
      refused: 0,
      dropped: 0,
      reports: 1,
    };
  });
  const reader = new HistogramLogReader(formatHistogramLog(seconds, new Date(1_700_000_000_000)));
  const maxima: (number | undefined)[] = [];
  for (let histogram = reader.nextIntervalHistogram(); histogram !== null; histogram = reader.nextIntervalHistogram())
    maxima.push(histogram.maxValue);
  expect(maxima.map((max) => Math.round((max ?? 0) / 1000))).toEqual([3, 4]);
});

test("two runs that end in one second get a folder each, and a folder that was asked for is taken as it is", async () => {
  const parent = await makeFolder();
  const write = async (isOutDirNew: boolean) => {
    const [page] = await writeReports({ outDir: join(parent, "deep", "now"), isOutDirNew }, example, [], new Date(0));
    return basename(dirname(page));
  };
  const folders = await Promise.all([write(true), write(true), write(true)]);
  expect(folders.toSorted()).toEqual(["now", "now-2", "now-3"]);
  expect(await write(false)).toBe("now");
});
