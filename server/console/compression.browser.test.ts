/** A stock client in Chromium, which inflates what is compressed for all, gets what a client without compression gets. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { io } from "socket.io-client";
import { expect, onTestFinished } from "vitest";
import { browserTest, startFrozen, theBrowser } from "./browser.fixture.js";

const library = readFileSync(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"), "utf8");

/** What a page calls the stock client, and what it has received. */
declare const received: string[][];

/** A page with two clients: one over WebSocket from the start, one upgraded from polling. */
async function openClients(url: string) {
  const site = createServer((_request, response) =>
    response.setHeader("Content-Type", "text/html").end("<html></html>"),
  );
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void site.close());
  const page = await (await theBrowser()).newPage();
  onTestFinished(() => page.close());
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  await page.addScriptTag({ content: library });
  await page.addScriptTag({
    content: `
      const received = [[], []];
      const clients = [["websocket"], ["polling", "websocket"]].map((transports, at) => {
        const client = io(${JSON.stringify(url)}, { transports });
        client.onAny((...args) => received[at].push(JSON.stringify(args)));
        return client;
      });
      const areUpgraded = () => clients.every(({ io }) => io.engine?.transport.name === "websocket");`,
  });
  await page.waitForFunction("areUpgraded()");
  return page;
}

browserTest("Chromium gets the same bytes compressed as Node.js uncompressed, also after an upgrade", async () => {
  const max = await startFrozen();
  const plain: string[] = [];
  const client = io(max.url, { transports: ["websocket"], forceNew: true, perMessageDeflate: false as never });
  client.onAny((...args: unknown[]) => plain.push(JSON.stringify(args)));
  onTestFinished(() => void client.disconnect());
  await expect.poll(() => client.connected).toBe(true);
  const page = await openClients(max.url);
  for (let tick = 0; tick < 50; tick++) max.advance("1s");
  const areEqual = async () => {
    const counts = await page.evaluate(() => received.map(({ length }) => length));
    return counts.every((count) => count > 1_000 && count === plain.length);
  };
  await expect.poll(areEqual).toBe(true);
  for (const lines of await page.evaluate(() => received)) expect(lines).toEqual(plain);
  const { broadcasts } = (await (await fetch(`${max.url}/health`)).json()) as import("../../schemas/index.js").Health;
  expect(broadcasts).toMatchObject({ connections: 3, compressed: 2 });
  // A third of it is not compressed.
  expect(broadcasts!.bytesRaw / broadcasts!.bytesOnWire).toBeGreaterThan(2);
});
