/** The documented usage example receives all four events within thirty (simulated) seconds, however it connects. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import { browserTest, theBrowser } from "./console/browser.fixture.js";
import { type Max, startMax } from "./main.js";
import { packageRoot } from "../schemas/package-root.js";
import { type Printed, expectedWords, runUsageExample } from "./usage-example.fixture.js";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function startFrozen(): Promise<Max> {
  const max = await startMax({ port: 0, clock: "manual" });
  closers.push(() => max.close());
  return max;
}

test.each([
  ["WebSocket", { transports: ["websocket"] }],
  ["polling only", { transports: ["polling"] }],
  ["polling, then an upgrade", {}],
])("over %s", async (_name, transport) => {
  const max = await startFrozen();
  const printed: Printed = new Map();
  let wake = () => {};
  const complete = new Promise<void>((resolve) => {
    wake = () => {
      if (expectedWords.every((words) => printed.has(words))) resolve();
    };
  });
  const connected = new Promise<void>((resolve) => {
    const socket = runUsageExample(
      io,
      max.url,
      { ...transport, forceNew: true, reconnection: false },
      (words, data) => {
        if (words.startsWith("Connected")) resolve();
        if (!printed.has(words)) printed.set(words, data);
        wake();
      },
    );
    closers.push(() => socket.disconnect());
  });
  await connected;
  max.advance("30s");
  await complete;
  expect(printed.get("Market update:")).toHaveProperty("timestamp");
});

browserTest("in Chromium from another origin", async () => {
  const max = await startFrozen();
  const library = readFileSync(new URL("node_modules/socket.io-client/dist/socket.io.min.js", packageRoot));
  const site = createServer((request, response) => {
    const isLibrary = request.url === "/socket.io.min.js";
    response.setHeader("Content-Type", isLibrary ? "text/javascript" : "text/html");
    response.end(
      isLibrary ? library : '<!doctype html><title>Another origin</title><script src="/socket.io.min.js"></script>',
    );
  });
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  closers.push(() => site.close());

  const page = await (await theBrowser()).newPage();
  closers.push(() => page.close());
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  await page.addScriptTag({ content: `globalThis.runUsageExample = ${runUsageExample.toString()}` });
  await page.evaluate((url) => {
    const scope = globalThis as unknown as {
      printed: Record<string, unknown>;
      io: never;
      runUsageExample: typeof runUsageExample;
    };
    scope.printed = {};
    scope.runUsageExample(scope.io, url, {}, (words, data) => {
      scope.printed[words] ??= data ?? true;
    });
  }, max.url);
  await page.waitForFunction(
    () => "Connected to MAX realtime server" in (globalThis as unknown as { printed: object }).printed,
  );
  max.advance("30s");
  await page.waitForFunction(
    (words) => words.every((word) => word in (globalThis as unknown as { printed: object }).printed),
    expectedWords,
  );
});
