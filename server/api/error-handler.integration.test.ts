import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { Deadline } from "../store/deadline.js";
import { StoreError } from "../store/store-error.js";
import { startApi } from "./api.fixture.js";

/** The answer to a request of which `fetch` would not send the like. */
async function askRaw(url: string, head: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(Buffer.from(`${head}\r\nConnection: close\r\n\r\n`, "latin1"));
  return await text(socket);
}

const elsewhere = "http://elsewhere.example";

test("any origin may call by default, with credentials, and sees the headers that it needs", async () => {
  const { call } = await startApi();
  for (const origin of [elsewhere, "null"]) {
    const { headers } = await call("GET", "/api/sectors", undefined, { origin });
    // Browsers take "*" for nothing that carries credentials.
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("vary")).toBe("Origin");
    for (const name of ["ETag", "Location", "Link", "Retry-After"]) {
      expect(headers.get("access-control-expose-headers")?.split(", ")).toContain(name);
    }
  }
});

const tracing =
  "baggage,cache-control,content-type,ngrok-skip-browser-warning,sentry-trace,traceparent,x-requested-with";

test.each(["*", elsewhere])("a preflight allows whatever a page of an allowed origin asks (%s)", async (origin) => {
  let isDraining = false;
  const { call } = await startApi({ api: () => ({ origin, isDraining: () => isDraining }) });
  // What then is refused (an unknown path, a server that stops) is refused in a way that the page can read.
  for (const [path, method] of [
    ["/api/sectors", "POST"],
    ["/api/sectors/tech-001", "PUT"],
    ["/api/nope", "GET"],
    ["/health", "GET"],
    ["/", "GET"],
  ]) {
    const { status, headers } = await call("OPTIONS", path, undefined, {
      origin: elsewhere,
      "access-control-request-method": method,
      "access-control-request-headers": tracing,
      "access-control-request-private-network": "true",
    });
    expect(status, path).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(elsewhere);
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("access-control-allow-methods")?.split(", ")).toEqual(
      expect.arrayContaining([method, "PATCH", "DELETE"]),
    );
    expect(headers.get("access-control-allow-headers")).toBe(tracing);
    expect(headers.get("access-control-allow-private-network")).toBe("true");
    isDraining = true;
  }
});

test("a preflight of another origin is granted nothing", async () => {
  const { call } = await startApi({ api: () => ({ origin: [elsewhere] }) });
  const { headers } = await call("OPTIONS", "/api/sectors", undefined, {
    origin: "http://evil.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  });
  expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test("a problem can be read across origins, too", async () => {
  const { call } = await startApi();
  const answer = await call("GET", "/api/nope", undefined, { origin: elsewhere });
  expect(answer.status).toBe(404);
  expect(answer.headers.get("access-control-allow-origin")).toBe(elsewhere);
});

test("of several origins only the one that calls is allowed, and caches are told", async () => {
  const { call } = await startApi({ api: () => ({ origin: ["http://a.example", "http://b.example"] }) });
  const known = await call("GET", "/api/sectors", undefined, { origin: "http://b.example" });
  expect(known.headers.get("access-control-allow-origin")).toBe("http://b.example");
  const unknown = await call("GET", "/api/sectors", undefined, { origin: "http://c.example" });
  expect(unknown.headers.get("access-control-allow-origin")).toBeNull();
  expect(unknown.headers.get("vary")).toBe("Origin");
});

test("every answer says how browsers must not use it", async () => {
  const { call } = await startApi();
  for (const path of ["/health", "/api/sectors", "/api/nope"]) {
    const { headers } = await call("GET", path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("a foreign host name is turned away", async () => {
  const { call } = await startApi({ api: () => ({ allowedHost: (host) => host === "localhost" }) });
  const answer = await call("GET", "/api/sectors");
  expect(answer.status).toBe(421);
  expect(answer.body.type).toBe("/docs/problems#misdirected-request");
});

test("while draining the API says when to come back, and health says that it is draining", async () => {
  let isDraining = false;
  const { call } = await startApi({ api: () => ({ isDraining: () => isDraining }) });
  const healthy = await call("GET", "/health");
  expect(findViolations("resources/health.schema.json", healthy.body)).toEqual([]);
  expect(healthy.body).toMatchObject({ status: "ok", version: "0.0.0", simulation: { seed: "42", tick: 0 } });
  expect((await call("GET", "/readyz")).status).toBe(200);

  isDraining = true;
  for (const path of ["/api/sectors", "/readyz"]) {
    const answer = await call("GET", path);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.body.type).toBe("/docs/problems#draining");
  }
  const health = await call("GET", "/health");
  expect(health.status).toBe(200);
  expect(health.body.status).toBe("draining");
  expect((await call("GET", "/livez")).status).toBe(200);
});

test("without its store the API refuses writes and history, keeps the live values, and recovers", async () => {
  let reason: string | null = "The disk of the store is full.";
  const guard = <Args extends unknown[], Result>(action: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      if (reason !== null) throw new StoreError(reason);
      return await action(...args);
    };
  };
  const { call, host, broadcasts } = await startApi({
    store: (store) => ({
      ...store,
      commit: guard(store.commit),
      messages: guard(store.messages),
      outage: () => reason,
    }),
  });
  const path = `/api/discussions/${host.world.discussions()[0].id}/messages`;
  const said = { content: "Hello", authorId: "a" };
  for (const answer of [await call("POST", path, said), await call("GET", path), await call("GET", "/readyz")]) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.body).toMatchObject({ type: "/docs/problems#store-unavailable", detail: reason });
  }
  expect(broadcasts).toEqual([]);
  expect((await call("GET", "/api/sectors")).status).toBe(200);
  reason = null;
  expect((await call("POST", path, said)).status).toBe(201);
  expect((await call("GET", "/readyz")).status).toBe(200);
});

test("a command that waits too long for a seek is refused with that as the reason, and is not applied afterwards", async () => {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const { call, host, broadcasts } = await startApi({
    store: (store) => ({
      ...store,
      deadline: () => new Deadline(1000),
      async truncate(afterTick) {
        await ended;
        return await store.truncate(afterTick);
      },
    }),
  });
  await host.seek(8);
  const seeking = host.seek(4);
  const path = `/api/discussions/${host.world.discussions()[0].id}/messages`;
  const said = { content: "Hello", authorId: "a" };
  const posts = [call("POST", path, said), call("POST", path, said, { "idempotency-key": "k" })];
  for (const answer of await Promise.all(posts)) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.body.type).toBe("/docs/problems#simulation-moving");
    expect(answer.body.detail).toMatch(/still moving to another time.*Nothing was changed/);
  }
  end();
  await seeking;
  expect(host.executed).toBe(0);
  expect(broadcasts).toEqual([]);
});

test("who asks too often is told when to come back, metrics and pages included, but not the probes", async () => {
  const { call } = await startApi({
    api: () => ({ rateLimit: { requestsMax: 3, windowSeconds: 60 }, metrics: async () => "" }),
  });
  for (let at = 0; at < 3; at++) expect((await call("GET", "/api/sectors")).status).toBe(200);
  const refused = await call("GET", "/api/sectors");
  expect(refused.status).toBe(429);
  expect(refused.body.type).toBe("/docs/problems#too-many-requests");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
  for (const path of ["/health", "/metrics", "/docs", "/openapi.json", "/nope"])
    expect((await call("GET", path)).status).toBe(429);
  for (const path of ["/livez", "/readyz"]) expect((await call("GET", path)).status).toBe(200);
});

test("each 64 KiB of an answer counts as a further request", async () => {
  const { call } = await startApi({
    api: () => ({ rateLimit: { requestsMax: 6, windowSeconds: 60 }, metrics: async () => "x".repeat(4 * 65_536) }),
  });
  const large = await call("GET", "/metrics", undefined, { authorization: "Bearer test-token" });
  expect(large.body).toHaveLength(4 * 65_536);
  expect((await call("GET", "/health")).status).toBe(200);
  expect((await call("GET", "/health")).status).toBe(429);
});

test("a target that is neither a path nor an http address is a malformed-target", async () => {
  const { url } = await startApi({ api: () => ({ allowedHost: (host) => host !== "evil.example" }) });
  const ask = (target: string, host = "localhost") => askRaw(url, `GET ${target} HTTP/1.1\r\nHost: ${host}`);
  for (const target of ["http://[", "http://a:99999/livez", "http://a..b:x/", "ftp://x/livez"]) {
    const answer = await ask(target);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"type":"/docs/problems#malformed-target"');
  }
  // These are refused by Node's parser.
  for (const target of ["livez", "http:", "?x", "\u00ff"]) expect(await ask(target)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await ask("http://localhost:1/livez")).toMatch(/^HTTP\/1\.1 200 /);
  // Where a target has a host, both it and the header's are checked.
  expect(await ask("http://evil.example/livez")).toMatch(/^HTTP\/1\.1 421 /);
  expect(await ask("http://localhost/livez", "evil.example")).toMatch(/^HTTP\/1\.1 421 /);
});

test("peers on this machine are not limited unless that is asked for", async () => {
  const { call } = await startApi({ api: () => ({ rateLimit: { requestsMax: 1, limitsLoopback: false } }) });
  for (let at = 0; at < 3; at++) expect((await call("GET", "/api/sectors")).status).toBe(200);
});

test("metrics need the token", async () => {
  const { call, control } = await startApi({ api: () => ({ metrics: async () => "up 1\n" }) });
  expect((await call("GET", "/metrics")).status).toBe(401);
  const answer = await control("GET", "/metrics");
  expect(answer.body).toBe("up 1\n");
  expect(answer.headers.get("content-type")).toContain("version=0.0.4");
});
