/** Members that are closed one after another, each while the next one is taking over: nothing of them stays behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../schemas/package-root.js";
import { isClusterAbsent, token } from "./cluster.fixture.js";
import { redisUrl } from "./cluster/redis.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

const members = 8;

/** Ends by itself, as soon as nothing keeps it. */
const script = (store: string): string => `
  import { startMax } from ${JSON.stringify(new URL("dist/server/main.js", packageRoot).href)};
  const options = ${JSON.stringify({ port: 0, seed: "7", scenario: "fan-out", store, token, cluster: { redis: redisUrl } })};
  const members = [];
  for (let count = 0; count < ${members}; count += 1) members.push(await startMax(options));
  for (const { url } of members) while (!(await fetch(\`\${url}/readyz\`)).ok) await new Promise(setImmediate);
  for (const max of members) await max.close();
  console.log("closed");`;

test.skipIf(isClusterAbsent)("a process ends once its eight members are closed", { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script(await postgresSchema())], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  expect(await ended).toEqual([0, null]);
});
