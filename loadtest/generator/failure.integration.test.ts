/** Generator processes that fail: they speak against the run, not against the server. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { packageRoot } from "../../schemas/package-root.js";
import { attack, makeFolder, onHold, shortPlan, startServer } from "../loadtest.fixture.js";

const bundle = new URL("dist/bin/generator-process.js", packageRoot);

/** Ids of the generator processes that this process has started. */
function generatorProcesses(): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === process.pid && command.includes("generator-process.js") ? [Number(pid)] : [];
  });
}

test.runIf(existsSync(bundle) && process.platform !== "win32")(
  "a generator process that is killed makes the run INVALID at once, and the others' accounts are written",
  async () => {
    const max = await startServer();
    const outDir = await makeFolder();
    const { summary, writeReports } = await attack(max, {
      plan: { ...shortPlan, clients: 20 },
      workers: 2,
      durationMs: 60_000,
      outDir,
      ...onHold(() => void process.kill(generatorProcesses()[1], "SIGKILL")),
    });
    expect(summary).toMatchObject({ verdict: "INVALID", interrupted: false });
    expect(summary.reasons[0]).toBe("a generator process ended early (SIGKILL)");
    expect(summary.server.errors).toEqual([]);
    expect(summary.clients).toMatchObject({ planned: 20, connected: 10, refused: 0, dropped: 0 });
    expect(summary.durationMs).toBeLessThan(60_000);
    await writeReports();
    expect(readdirSync(outDir)).toContain("report.html");
  },
);
