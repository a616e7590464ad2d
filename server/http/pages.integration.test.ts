import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { startMax } from "../main.js";

test("pages, and what they load, say how browsers must not use them", async () => {
  const max = await startMax({ port: 0, clock: "manual" });
  onTestFinished(() => max.close());
  const page = await (await fetch(max.url)).text();
  const script = /src="\.(\/console\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  for (const path of ["/", script, "/docs", "/docs/guides", "/docs/rest", "/docs/events", "/docs/problems"]) {
    const { headers, status } = await fetch(`${max.url}${path}`);
    expect(status).toBe(200);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    const policy = headers.get("content-security-policy");
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/connect-src[^;]* wss?:(?![/])/);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'|\*/);
  }
});

test("the console may connect to its own host, by whichever name, and to no other", async () => {
  const max = await startMax({ port: 0, clock: "manual" });
  onTestFinished(() => max.close());
  async function connectSources(host: string): Promise<string | undefined> {
    const asked = request(max.url, { headers: { host } }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    return /connect-src ([^;]*)/.exec(String(response.headers["content-security-policy"]))?.[1];
  }
  expect(await connectSources("market.localhost:8443")).toBe(
    "'self' ws://market.localhost:8443 wss://market.localhost:8443",
  );
  expect(await connectSources("[::1]:8000")).toBe("'self' ws://[::1]:8000 wss://[::1]:8000");
  // What could end the source, or the directive.
  expect(await connectSources("a;script-src'.localhost")).toBe("'self'");
  expect(await connectSources("*.localhost")).toBe("'self'");
});
