/** The page and the documentation below a path that a proxy strips. */
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished } from "vitest";
import type { Max } from "../main.js";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";

/** A proxy that hands on what is below `prefix`, without it. Resolves with its origin. */
async function startProxy(max: Max, prefix: string): Promise<string> {
  const { port } = new URL(max.url);
  const strip = (path = "") => (path.startsWith(prefix) ? path.slice(prefix.length).replace(/^\/?/, "/") : undefined);
  const proxy = createServer((asked, answer) => {
    const path = strip(asked.url);
    if (path === undefined) {
      answer.writeHead(404).end();
      return;
    }
    const onward = request({ port, path, method: asked.method, headers: asked.headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  proxy.on("upgrade", ({ url, rawHeaders }, socket) => {
    const onward = connect(Number(port), "127.0.0.1", () => {
      const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
      onward.write(`GET ${strip(url)} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ]) {
      end.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://localhost:${(proxy.address() as AddressInfo).port}`;
}

browserTest.each(["/market", "/a/b"])("page, events, chart and links work below %s", async (prefix) => {
  const max = await startFrozen();
  const origin = await startProxy(max, prefix);
  // Typed without the slash at its end.
  const at = { ...max, url: origin };
  const { page, complaints } = await openConsole(at, { path: `${prefix}?sector=tech-001` });
  expect(page.url()).toBe(`${origin}${prefix}/?sector=tech-001`);
  await page.locator('.chart-place[data-state="shown"]').waitFor();
  await page.getByText("WebSocket", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Step one tick" }).click();
  await page.getByText("tick 1", { exact: true }).waitFor();

  await page.keyboard.press("5");
  expect(await page.getByLabel("Snippet").innerText()).toContain(`io("${origin}", { path: "${prefix}/socket.io/" })`);
  const links = page.locator("a[href]");
  const hrefsOf = () => links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
  const waiting = (await hrefsOf()).filter((href) => href.startsWith(origin));
  expect(waiting).toContain(`${origin}${prefix}/docs`);
  const seen = new Set(waiting);
  for (let href = waiting.shift(); href !== undefined; href = waiting.shift()) {
    const answer = await fetch(href);
    expect(answer.status, href).toBe(200);
    if (!answer.headers.get("content-type")?.startsWith("text/html")) continue;
    for (const [, link] of (await answer.text()).matchAll(/href="([^"#]+)[#"]/g)) {
      const next = new URL(link, href).href;
      if (!seen.has(next) && new URL(next).origin === origin) waiting.push(next);
      seen.add(next);
    }
  }
  expect(seen).toContain(`${origin}${prefix}/docs/problems`);
  expect(complaints).toEqual([]);
});
