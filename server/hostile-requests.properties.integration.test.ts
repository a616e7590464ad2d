/**
 * Random request targets, headers and bodies against a whole server: no answer of 500 or more, every refusal of the
 * API a problem document, nothing of a refused request stored, and the server goes on.
 */
import { connect } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { findViolations } from "../schemas/index.js";
import { amount } from "../schemas/amount.fixture.js";
import { type Max, startMax } from "./main.js";

const seed = 17;
const numRuns = amount(150, 12_000);

/** Behind each request: it takes the place of body that was promised and not sent, and ends the connection. */
const last = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".repeat(5);

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * The first answer; undefined where the connection was closed without any. A connection that the server closes with
 * requests unread is reset, before or after the client has read the answer: what has come counts all the same.
 */
async function ask(port: number, request: string | Buffer): Promise<Answer | undefined> {
  const socket = connect(port, "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (bytes) => void pieces.push(bytes)).on("error", () => {});
  socket.write(typeof request === "string" ? Buffer.from(request, "latin1") : request);
  socket.write(last);
  await new Promise((resolve) => socket.once("close", resolve));
  const received = Buffer.concat(pieces).toString("latin1");
  const [, status, head, rest] = /^HTTP\/1\.1 (\d{3})([^]*?)\r\n\r\n([^]*)$/.exec(received) ?? [];
  if (status === undefined) return undefined;
  const hasBody = !request.toString("latin1").startsWith("HEAD");
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const body = rest.slice(0, length === undefined ? undefined : Number(length));
  return { status: Number(status), head, body: hasBody ? Buffer.from(body, "latin1").toString() : "" };
}

function expectRefusalOrSuccess(answer: Answer | undefined): void {
  if (answer === undefined || answer.status < 400) return;
  const { status, head, body } = answer;
  expect(status).toBeLessThan(500);
  if (/content-type: application\/problem\+json/i.test(head)) {
    if (body !== "") expect(findViolations("resources/problem.schema.json", JSON.parse(body))).toEqual([]);
  } else {
    // Node (417 among others) and Engine.IO refuse by themselves.
    expect(body).toMatch(
      /^(?:HTTP|0\r\n|[0-9a-f]+\r\n\{"code":\d|\{"code":\d|$)|server|origin|Unsupported|Bad|Transport|Session/,
    );
  }
}

async function open(): Promise<{ max: Max; port: number; countStored: () => Promise<number[]> }> {
  const max = await startMax({ port: 0, clock: "manual", token: "t" });
  onTestFinished(() => max.close());
  async function countStored(): Promise<number[]> {
    const { world, executed } = max.simulation;
    const messages = await fetch(`${max.url}/api/discussions/disc-001/messages?limit=200`);
    const { data } = (await messages.json()) as { data: unknown[] };
    return [executed, world.sectors().length, world.agents().length, world.discussions().length, data.length];
  }
  return { max, port: Number(new URL(max.url).port), countStored };
}

const pieces = fc.constantFrom(
  ..."/|//|http://|https:|localhost|[|]|[::1]|%|%zz|%00|%2f|%ff|api|sectors|agents|discussions|messages|candles|tech-001|?|limit=|cursor=|-1|999999999999|&|#|\\|..|;|@|:|*|=|a|^|\xff|\x80|__proto__|interval=1d|start=|docs|socket.io/?EIO=4&transport=polling|&sid=|health|console|simulation|commands|metrics|'|+".split(
    "|",
  ),
);
const target = fc.tuple(fc.constantFrom("/", "/api/", "http://", ""), fc.array(pieces, { maxLength: 8 }));
const method = fc.constantFrom("GET", "GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE", "PUT", "TRACE", "CONNECT");

/** One of each kind of answer, which the few requests of the short run may not come by. */
const examples: [string, [string, string[]]][] = [
  ["GET", ["/api/", ["sectors"]]],
  ["GET", ["/api/", ["sectors", "?", "limit=", "-1"]]],
  ["GET", ["/api/", ["sectors", "/", "a"]]],
  ["DELETE", ["/api/", ["sectors"]]],
];

test(`random request targets (seed ${seed})`, async () => {
  const { port, countStored } = await open();
  const before = await countStored();
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(method, target, async (verb, [start, parts]) => {
      const answer = await ask(port, `${verb} ${start}${parts.join("")} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      seen.set(answer?.status ?? 0, (seen.get(answer?.status ?? 0) ?? 0) + 1);
      expectRefusalOrSuccess(answer);
    }),
    { seed, numRuns: numRuns + examples.length, examples },
  );
  for (const status of [200, 400, 404, 405]) expect([...seen.keys()]).toContain(status);
  expect(await countStored()).toEqual(before);
}, 900_000);

const headerNames = fc.constantFrom(
  ..."Host|Origin|Content-Type|Content-Length|Transfer-Encoding|Content-Encoding|Expect|Connection|Upgrade|Sec-WebSocket-Key|Sec-WebSocket-Version|Accept|Accept-Encoding|If-Match|If-None-Match|If-Modified-Since|Range|Authorization|Idempotency-Key|Cookie|Access-Control-Request-Method|Access-Control-Request-Headers|X-Forwarded-For|X|x-http-method-override|Trailer|TE|HTTP2-Settings|__proto__|constructor".split(
    "|",
  ),
);
const headerValues = fc.oneof(
  fc.constantFrom(
    ...'|*|a|0|2|40|-1|1e3|chunked|identity|gzip|br|gzip, gzip|deflate|application/json|application/json; charset=utf-16|text/plain|websocket|h2c|Upgrade|close|keep-alive|100-continue|Bearer t|Bearer|Basic Og==|"1"|W/"1"|"|localhost|[::1]:1|evil.example|http://evil.example|null|bytes=0-1|13|AAAAAAAAAAAAAAAAAAAAAA==|POST|x, y'.split(
      "|",
    ),
  ),
  fc.string({ unit: "binary-ascii", maxLength: 12 }),
  fc.constantFrom(1, 100, 5000).map((length) => "v".repeat(length)),
);
const headers = fc.array(fc.tuple(headerNames, headerValues), { maxLength: 12 });
const paths = fc.constantFrom(
  ..."/|/livez|/api/sectors|/api/sectors/tech-001|/api/discussions/disc-001/messages|/metrics|/socket.io/?EIO=4&transport=polling|/socket.io/?EIO=4&transport=websocket|/api/simulation/pause|/docs".split(
    "|",
  ),
);
const bodies = fc.constantFrom("", "{}", "4\r\n{}  \r\n0\r\n\r\n", '{"content":"x","authorId":"a"}', "\x1f\x8b\x08");

test(`random headers (seed ${seed})`, async () => {
  const { port } = await open();
  await fc.assert(
    fc.asyncProperty(method, paths, headers, fc.nat({ max: 120 }), bodies, async (verb, path, given, count, body) => {
      const lines = given.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const others = "X-Other: a\r\n".repeat(count);
      const host = given.some(([name]) => name === "Host") ? "" : "Host: localhost\r\n";
      expectRefusalOrSuccess(await ask(port, `${verb} ${path} HTTP/1.1\r\n${others}${host}${lines}\r\n${body}`));
    }),
    { seed, numRuns },
  );
  expect((await ask(port, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"))?.status).toBe(200);
}, 900_000);

const valid = fc.constantFrom(
  ...'{"content":"hello","authorId":"a","type":"text"}|{"name":"Chips","value":12.5}|{"title":"A room"}|{"name":"Ada","role":"analyst","sectorId":"tech-001"}|{"status":"idle"}|{"ticks":1}|{"to":1}'.split(
    "|",
  ),
);
/** A valid body with a few characters replaced, removed or doubled. */
const damaged = fc
  .tuple(
    valid,
    fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 2 }), fc.string({ unit: "binary", maxLength: 2 }))),
  )
  .map(([json, changes]) =>
    changes.reduce((body, [at, removed, added]) => body.slice(0, at) + added + body.slice(at + removed), json),
  );
const jsonBody = fc.oneof(
  damaged.map((body) => Buffer.from(body)),
  fc.json({ maxDepth: 4 }).map((body) => Buffer.from(body)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  valid.map((body) => Buffer.from(body)),
);
const resources = fc.constantFrom(
  ..."POST /api/sectors|PATCH /api/sectors/tech-001|POST /api/agents|PATCH /api/agents/agent-001|POST /api/discussions|PATCH /api/discussions/disc-001|POST /api/discussions/disc-001/messages|POST /api/simulation/step|POST /api/simulation/speed|POST /api/simulation/seek".split(
    "|",
  ),
);

test(`random bodies (seed ${seed})`, async () => {
  const { max, port } = await open();
  await fc.assert(
    fc.asyncProperty(resources, jsonBody, async (resource, body) => {
      const { executed } = max.simulation;
      const head = `${resource} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n`;
      const request = Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
      const answer = await ask(port, request);
      expectRefusalOrSuccess(answer);
      expect(answer).toBeDefined();
      if ((answer?.status ?? 0) >= 400) expect(max.simulation.executed).toBe(executed);
    }),
    { seed, numRuns },
  );
}, 900_000);
