/** /metrics on a port of its own: for those who have no token, and nothing else there. */
import { expect, onTestFinished, test } from "vitest";
import { type StartOptions, startMax } from "../main.js";

async function start(options: StartOptions) {
  const max = await startMax({ port: 0, clock: "manual", store: ":memory:", ...options });
  onTestFinished(() => max.close());
  return max;
}

test("a scrape needs no token there, and finds what the one port has", async () => {
  const max = await start({ metrics: { port: 0 } });
  expect(max.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const response = await fetch(max.metricsUrl!);
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const names = (text: string) => text.split("\n").filter((line) => line.startsWith("# TYPE"));
  const headers = { authorization: `Bearer ${max.token}` };
  const inside = await (await fetch(`${max.url}/metrics`, { headers })).text();
  expect(names(await response.text())).toEqual(names(inside));
  expect((await fetch(`${max.url}/metrics`)).status).toBe(401);
});

test("that port has no API, and takes no other method", async () => {
  const { metricsUrl = "" } = await start({ metrics: { port: 0 } });
  for (const path of ["/api/simulation", "/health", "/", "/metricsx"])
    expect((await fetch(new URL(path, metricsUrl))).status).toBe(404);
  const response = await fetch(metricsUrl, { method: "POST" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("a taken port is refused, and what was opened before is closed", async () => {
  const first = await start({ metrics: { port: 0 } });
  const port = Number(new URL(first.metricsUrl!).port);
  await expect(startMax({ port: 0, metrics: { port } })).rejects.toMatchObject({ code: "portTaken" });
  await first.close();
  await expect(fetch(first.metricsUrl!)).rejects.toThrow("fetch failed");
});

test("without the option there is no such port", async () => {
  expect((await start({})).metricsUrl).toBeUndefined();
});
