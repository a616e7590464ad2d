/** Whatever a server does, the run ends in time and says what was wrong. */
import { type RequestListener, createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { Server } from "socket.io";
import { expect, test } from "vitest";
import { type HostileServer, http, listenOn, tcp } from "./hostile-server.fixture.js";
import { type ContractResult, formatContractText, runContract } from "./index.js";
import { formatContractJunit } from "./report/junit.js";
import { requireMeasured } from "./measured.fixture.js";
import { startExtendedReferenceServer, startReferenceServer } from "./reference/reference-server.fixture.js";

const limits = { answerMsMax: 300, connectMsMax: 400, eventMsMax: 200, overtimeMsMax: 4000 };

const flood: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const write = (): void => {
    while (!response.destroyed && response.write("x".repeat(65_536)));
  };
  response.on("drain", write);
  write();
};

const handshake = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

const servers: readonly (readonly [string, () => Promise<HostileServer>, string])[] = [
  ["hangs", tcp(() => {}), "answer-in-time"],
  ["closes at once", tcp((socket) => void socket.destroy()), "connection-kept"],
  ["answers no HTTP", tcp((socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n")), "connection-kept"],
  [
    "sends headers for ever",
    tcp((socket) => void setInterval(() => socket.write("HTTP/1.1 200 OK\r\nx: y\r\n"), 20).unref()),
    "connection-kept",
  ],
  ["streams for ever", http(flood), "connect-polling"],
  [
    "answers everything with a page",
    http((_request, response) => void response.end("<html>hello</html>")),
    "connect-polling",
  ],
  [
    "answers everything with 500",
    http((_request, response) => void response.writeHead(500).end("{}")),
    "health-answers",
  ],
  ["has a handshake of garbage", http((_request, response) => void response.end("0{garbage")), "connect-polling"],
  ["has a handshake without its fields", http((_request, response) => void response.end("0{}")), "connect-polling"],
  [
    "never lets one into the namespace",
    http((request, response) => void (request.url?.includes("sid=") === true ? undefined : response.end(handshake))),
    "connect-polling",
  ],
];

test.each(servers)("a server that %s fails, and holds nobody up", async (_what, start, rule) => {
  await using server = await start();
  const result = await runContract({ url: server.url, forMs: 300, profile: "management", limits });
  expect(result.verdict).toBe("FAIL");
  expect(result.findings.map((finding) => finding.rule)).toContain(rule);
});

test("nothing is said of a level that there was no way to look at", async () => {
  await using server = await tcp((socket) => void socket.destroy())();
  const result = await runContract({ url: server.url, forMs: 50, limits });
  expect([result.verdict, result.levels]).toMatchObject(["FAIL", { reached: null, next: { level: "realtime" } }]);
});

async function unusedUrl(): Promise<string> {
  await using server = await listenOn(createTcpServer());
  return server.url;
}

test("an answer without end is cut off by its size or by the time, whichever is first", async () => {
  await using server = await http(flood)();
  const result = await runContract({ url: server.url, forMs: 50, profile: "realtime", limits });
  expect(result.findings.map(({ rule, subject }) => `${rule} ${subject}`)).toContainEqual(
    expect.stringMatching(/^(?:answer-size|answer-in-time) GET \/health$/),
  );
});

test("a server that is not there is unreachable, which is no verdict about it", async () => {
  const result = await runContract({ url: await unusedUrl(), forMs: 100, limits });
  expect(result.verdict).toBe("UNREACHABLE");
  expect(formatContractText(result)).toMatch(
    /Nothing answers over HTTP at http:.* \(ECONNREFUSED\)\. Start the server/,
  );
  expect(formatContractJunit(result)).toContain('failures="1"');
});

test("a token that is not the server's ends the run at once, which is no verdict about the server", async () => {
  await using server = await startExtendedReferenceServer();
  const result = await runContract({
    url: server.url,
    forMs: 5000,
    profile: "management",
    token: "not-its-token",
    limits,
  });
  expect([result.verdict, result.rules]).toEqual(["INVALID", []]);
  expect(result.reasons).toEqual([
    expect.stringMatching(/answered 401 to the token that was given; is it this server's/),
  ]);
  expect(formatContractText(result)).toMatch(/^INVALID .*\n\n.*answered 401 to the token/);
});

test("a server that dies meanwhile has failed", async () => {
  const server = await startReferenceServer();
  const result = await runContract({
    url: server.url,
    forMs: 1500,
    profile: "core",
    limits: { ...limits, connectMsMax: 5000 },
    progress: (line) => {
      if (line.startsWith("listening")) setTimeout(() => void server[Symbol.asyncDispose](), 100);
    },
  });
  expect(result.verdict).toBe("FAIL");
  expect(result.findings.map(({ rule }) => rule)).toContain("connection-lasts");
});

test("a server that a request ends has failed with all that was found, and is not called unreachable", async () => {
  await using server = await startReferenceServer("unsafe-input-kills", "one-point-zero-refused");
  const result = await runContract({
    url: server.url,
    forMs: 300,
    profile: "management",
    only: ["unsafe-inputs", "sequences"],
    limits: { ...limits, overtimeMsMax: 30_000 },
  });
  expect(result.verdict).toBe("FAIL");
  const found = result.findings.map(({ rule, subject }) => `${rule} ${subject}`);
  expect(found).toContain("number-spelling POST /api/sectors");
  expect(found).toContain("connection-kept POST /api/sectors");
});

test("a sound realtime server whose REST is slow passes, and reaches no more than that", async ({ skip }) => {
  const http = createServer(
    (request, response) => void setTimeout(() => response.end("{}"), request.url === "/health" ? 0 : 300),
  );
  const io = new Server(http);
  await using server = await listenOn(http);
  const telling = setInterval(() => io.emit("agent:status_update", { agentId: "agent-1", status: "idle" }), 20);
  const result = await runContract({
    url: server.url,
    forMs: 500,
    expect: [],
    limits: { eventMsMax: 500, overtimeMsMax: 1000 },
  });
  clearInterval(telling);
  await io.close();
  requireMeasured(skip, result);
  expect([result.reasons, result.verdict, result.levels?.reached]).toEqual([[], "PASS", "realtime"]);
  expect(result.findings).toContainEqual(expect.objectContaining({ rule: "run-finished", level: "core" }));
  expect(result.rules.map(({ rule }) => rule)).toContain("subscribers-agree");
});

test.each([
  ["never answers a deletion", async () => await startReferenceServer("deletion-hangs")],
  ["never answers a write", http((request, response) => void (request.method === "POST" ? undefined : response.end()))],
] as const)("a server that %s costs no more than the time that is left", async (_what, start) => {
  await using server = await start();
  const result = await runContract({
    url: server.url,
    forMs: 100,
    profile: "management",
    only: ["creating"],
    limits: { ...limits, answerMsMax: 600_000, overtimeMsMax: 3000, graceMsMax: 300 },
  });
  expect(result.findings).toContainEqual(expect.objectContaining({ rule: "run-finished", severity: "error" }));
  // Of ten minutes that it would wait for the answer.
  expect(result.durationMs).toBeLessThan(120_000);
});

test("an interrupted run says so, keeps what it found, and takes away what it made", async () => {
  await using server = await startReferenceServer();
  const interruption = new AbortController();
  let result: ContractResult | undefined;
  const run = runContract({
    url: server.url,
    // Longer than any test may take.
    forMs: 600_000,
    profile: "management",
    only: ["creating"],
    signal: interruption.signal,
    progress: (line) => {
      if (line.startsWith("writing")) setTimeout(() => interruption.abort(), 60);
    },
  }).then((ended) => void (result = ended));
  await run;
  expect(result?.verdict).toBe("INTERRUPTED");
  expect(result?.rules.length).toBeGreaterThan(0);
  for (const kind of ["sectors", "agents", "discussions"]) {
    const { data } = (await (await fetch(`${server.url}/api/${kind}?limit=200`)).json()) as { data: { id: string }[] };
    expect(data.filter(({ id }) => id.startsWith("ct-"))).toEqual([]);
  }
});

test("subscribers that are thrown out just after the checker stood still are no verdict on the server", async () => {
  const http = createServer((_request, response) => void response.end("{}"));
  const io = new Server(http);
  await using server = await listenOn(http);
  const result = await runContract({
    url: server.url,
    forMs: 100,
    profile: "realtime",
    expect: [],
    progress(line) {
      if (!line.startsWith("listening")) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
      io.disconnectSockets(true);
    },
  });
  await io.close();
  expect([result.verdict, result.reasons]).toEqual(["INVALID", expect.anything()]);
  expect(result.reasons[0]).toMatch(/^connection-lasts: .*; inconclusive, because the checker itself stalled for/);
  expect(formatContractText(result)).toMatch(/^INVALID .*\n\nInconclusive\n {2}\? connection-lasts: /);
  expect(formatContractJunit(result)).toContain('failures="1"');
});

test("a polling answer without end is left", async () => {
  await using server = await http((request, response) => {
    if (request.url?.includes("sid=") === true && request.method === "GET") flood(request, response);
    else if (request.url?.startsWith("/socket.io/") === true)
      response.end(request.method === "POST" ? "ok" : handshake);
    else response.end("{}");
  })();
  const result = await runContract({
    url: server.url,
    forMs: 50,
    profile: "realtime",
    limits: { connectMsMax: 20_000 },
  });
  expect(result.findings).toContainEqual(
    expect.objectContaining({
      rule: "connect-polling",
      detail: expect.stringContaining("more than 8000000 bytes") as unknown,
    }),
  );
});

test("subscribers and requests show a balancer the same cookie, after the first request", async () => {
  const cookies: (string | undefined)[] = [];
  const http = createServer((_request, response) => void response.end("{}"));
  const io = new Server(http);
  http.prependListener("upgrade", (request) => void cookies.push(request.headers.cookie));
  http.prependListener("request", (request, response) => {
    cookies.push(request.headers.cookie);
    if (request.headers.cookie === undefined) response.setHeader("Set-Cookie", `server=${cookies.length}; Path=/`);
  });
  await using server = await listenOn(http);
  await runContract({ url: server.url, forMs: 100, expect: [], limits });
  await io.close();
  expect(cookies.length).toBeGreaterThan(5);
  expect(new Set(cookies.slice(1))).toEqual(new Set(["server=1"]));
});

test("reading alone changes nothing and sends no method but GET and HEAD", async () => {
  const methods = new Set<string>();
  await using server = await http((request, response) => {
    if (request.url?.startsWith("/socket.io/") !== true) methods.add(request.method ?? "");
    response.writeHead(404, { "content-type": "application/problem+json" }).end("{}");
  })();
  for (const options of [{ profile: "core", readOnly: true }, {}] as const)
    await runContract({ url: server.url, forMs: 50, limits, ...options });
  expect([...methods].sort()).toEqual(["GET", "HEAD"]);
});

test("--expect narrows what must be seen, and nothing else", async () => {
  await using server = await startReferenceServer("event-never-sent");
  const expected = await runContract({
    url: server.url,
    forMs: 400,
    profile: "realtime",
    expect: ["market:update", "discussion:new_message"],
  });
  expect(expected.verdict).toBe("PASS");
  expect(expected.events.find(({ event }) => event === "agent:status_update")).toMatchObject({
    expected: false,
    verdict: "never seen",
  });
  const all = await runContract({ url: server.url, forMs: 400, profile: "realtime" });
  expect(all.reasons.join("\n")).toMatch(
    /agent:status_update: never came in \d+(?:\.\d)? s of listening\. The server must be made to broadcast it/,
  );
});

test("JUnit names the rule that broke, and is well-formed whatever the server sent", async () => {
  await using server = await startReferenceServer("event-surrogate", "naive-timestamp");
  const result = await runContract({ url: server.url, forMs: 400, profile: "realtime" });
  const xml = formatContractJunit(result);
  expect(xml).toMatch(
    /<testcase classname="contract\.realtime" name="event-timestamp" assertions="\d+"><failure message="market:update: /,
  );
  expect(xml).not.toMatch(/\p{Surrogate}/u);
  expect(xml.match(/<testcase /g)?.length).toBe(xml.match(/<\/testcase>/g)?.length);
});
