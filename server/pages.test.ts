import { expect, onTestFinished, test } from "vitest";
import { startMax } from "./main.js";

test("pages, and what they load, say how browsers must not use them", async () => {
  const max = await startMax({ port: 0, clock: "manual" });
  onTestFinished(() => max.close());
  const page = await (await fetch(max.url)).text();
  const script = /src="(\/console\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  for (const path of ["/", script, "/docs", "/docs/rest", "/docs/events", "/docs/problems"]) {
    const { headers, status } = await fetch(`${max.url}${path}`);
    expect(status).toBe(200);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    const policy = headers.get("content-security-policy");
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'|\*/);
  }
});
