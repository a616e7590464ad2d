/** The server's own word on its processor time against the system's, over the same run. */
import { expect, onTestFinished, test } from "vitest";
import { startServerProcess } from "../../scripts/server-process.js";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { attack, onHold, shortPlan } from "../loadtest.fixture.js";
import { readProcess } from "./process-statistics.js";

test("CPU microseconds a delivery are those of /proc within 5 %, by metrics and by process number", async ({
  skip,
}) => {
  skip(isSkippedWithout(process.platform === "linux"), "only Linux has /proc");
  const server = await startServerProcess(["--port=0", "--store=:memory:", "--speed=4", "--tick-ms=100"]);
  onTestFinished(() => server.stop());
  const plan = { ...shortPlan, clients: 300, stages: [{ kind: "hold", durationMs: 8000 }] } as const;
  const { url, token, pid } = server;
  for (const serverPids of [[], [pid]]) {
    let beforeMs: number | undefined;
    let afterMs = 0;
    const watch = onHold(
      () => (beforeMs ??= readProcess(pid)!.cpuMs),
      () => (afterMs = readProcess(pid)!.cpuMs),
    );
    const { summary } = await attack(
      { url, token },
      { plan: { ...plan, stages: [...plan.stages] }, serverPids, ...watch },
    );
    const received = summary.stages.reduce((all, stage) => all + stage.received, 0);
    const cpuMs = afterMs - (beforeMs ?? afterMs);
    const expected = (cpuMs * 1000) / received;
    skip(cpuMs < 500, "not measured: the server had too little to do");
    expect(summary.server.costSource).toBe(serverPids.length > 0 ? "process" : "metrics");
    expect(Math.abs(summary.server.cpuUsPerDelivery! / expected - 1), `${expected} µs by /proc`).toBeLessThan(0.05);
  }
}, 120_000);
