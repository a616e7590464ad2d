import { PerformanceObserver } from "node:perf_hooks";
import { expect, onTestFinished, test, vi } from "vitest";
import { startMax } from "../main.js";

/** Starts a server, scrapes it, closes it. */
async function scrape(): Promise<string> {
  const max = await startMax({ port: 0, clock: "manual" });
  const response = await fetch(`${max.url}/metrics`, { headers: { authorization: `Bearer ${max.token}` } });
  const text = await response.text();
  await max.close();
  return text;
}

test("a scrape has the server's metrics and the process's, each once", async () => {
  for (let server = 0; server < 2; server++) {
    const lines = (await scrape()).split("\n");
    for (const name of ["max_batches_total", "max_tick_duration_seconds_count", "process_resident_memory_bytes"]) {
      expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
    }
    expect(lines.filter((line) => line.startsWith("max_member_"))).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
  }
});

test("servers that were scraped and closed leave nothing that goes on watching the process", async () => {
  const begun = vi.spyOn(PerformanceObserver.prototype, "observe");
  onTestFinished(() => begun.mockRestore());
  await scrape();
  begun.mockClear();
  for (let server = 0; server < 3; server++) await scrape();
  expect(begun).not.toHaveBeenCalled();
});
