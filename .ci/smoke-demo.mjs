/** Starts `npm start` as the README says, waits for the market to move, and ends it with SIGINT. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const port = 18_123;
const demo = spawn(process.execPath, ["dist/bin/max.js", "demo", "--port", String(port)], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, MAX_TOKEN: "smoke" },
});
const ended = once(demo, "exit");
const deadline = Date.now() + 10_000;

async function currentTick() {
  const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
  return response?.ok ? (await response.json()).simulation.tick : -1;
}

let first = -1;
for (;;) {
  const tick = await currentTick();
  if (first < 0) first = tick;
  else if (tick > first) break;
  if (Date.now() > deadline) throw new Error("the market did not move within 10 s");
  await new Promise((resolve) => setTimeout(resolve, 100));
}
demo.kill("SIGINT");
const [code] = await ended;
if (code !== 0) throw new Error(`the demo ended with ${code} on SIGINT, not with 0`);
process.stdout.write("the demo moved and ended with 0\n");
