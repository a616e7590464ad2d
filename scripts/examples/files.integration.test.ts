/** Examples that are files: a client, a scenario and a plan of one's own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startMax } from "max-harness";
import { expect, test } from "vitest";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { runMaxCommand } from "../cli.fixture.js";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test("in the scenario of one's own, what was written down happens", async () => {
  const flags = ["--scenario", file("supply-shock.scenario.json"), "--for", "20m", "--sample", "5m"];
  const { stdout } = await runMaxCommand("simulate", ...flags);
  const energy = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { sectors: Record<string, number> }).sectors["energy-001"] ?? 0);
  const [before, after] = energy.slice(-2);
  expect((after ?? 0) / (before ?? 1)).toBeGreaterThan(1.03);
});

test("the plan of one's own runs, and gives a verdict", async () => {
  const flags = ["--plan", file("lunch-rush.plan.json"), "--out", "report", "--json", "--quiet"];
  const { stdout } = await runMaxCommand("loadtest", ...flags);
  expect(JSON.parse(stdout)).toMatchObject({ plan: { name: "lunch-rush" }, deliveries: { lost: 0, corrupted: 0 } });
});

test("the settings of one's own hold for the commands that they name", async () => {
  const { stdout } = await runMaxCommand("config", "--config", file("max.config.json"));
  for (const row of [/demo +--port +8001 /, /simulate +--scenario +calm /, /loadtest +--clients +500 /])
    expect(stdout).toMatch(row);
});

const python = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(isSkippedWithout(python))(
  "the test for pytest passes against a server, and fails where there is none",
  async () => {
    const max = await startMax({ port: 0, store: ":memory:", speed: 10 });
    const run = async (url: string) => {
      const text = "import test_contract; test_contract.test_server_keeps_the_documented_api()";
      const env = { ...process.env, SERVER_URL: url, PYTHONPATH: file("."), PYTHONDONTWRITEBYTECODE: "1" };
      const child = spawn("python3", ["-c", text], { env, stdio: "ignore" });
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    };
    expect(await run(max.url)).toBe(0);
    await max.close();
    expect(await run("not an address")).toBe(1);
  },
  120_000,
);

test("any client of the API gets all four events", async () => {
  const max = await startMax({ port: 0, clock: "manual", store: ":memory:" });
  const text = readFileSync(file("watch.mjs"), "utf8").replace("http://localhost:8000", max.url);
  const client = spawn(process.execPath, ["--input-type=module", "--eval", text], { cwd: file("."), stdio: "pipe" });
  let printed = "";
  client.stdout.setEncoding("utf8").on("data", (part: string) => (printed += part));
  try {
    const words = ["Market update:", "Candle update:", "New message:", "Agent status:"];
    const missing = () => {
      max.advance("10s");
      return words.filter((word) => !printed.includes(word));
    };
    await expect.poll(missing).toEqual([]);
  } finally {
    client.kill();
    await max.close();
  }
});
