/** A server as users of the original run it: FastAPI and python-socketio from Debian, on the system's own Python. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { formatContractText, runContract } from "./index.js";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";

const python = "/usr/bin/python3";
const probe = spawnSync(python, ["-c", "import fastapi, uvicorn, socketio"], { encoding: "utf8" });
const isThere = probe.status === 0;
if (!isThere) {
  process.stdout.write(
    "  the FastAPI trial is skipped: apt-get install python3-fastapi python3-uvicorn python3-socketio\n",
  );
}

const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function startPython(wrong: "nothing" | "naive" | "nan"): Promise<string> {
  const port = await freePort();
  const file = fileURLToPath(new URL("python-server.fixture.py", import.meta.url));
  const child = spawn(python, [file, String(port), wrong], { stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  await once(child.stdout, "data");
  return `http://127.0.0.1:${port}`;
}

test.skipIf(isSkippedWithout(isThere))(
  "a FastAPI server that broadcasts as documented passes, without a false alarm",
  async () => {
    const result = await runContract({ url: await startPython("nothing"), forMs: 1500, strict: true });
    if (result.verdict !== "PASS") process.stdout.write(`${formatContractText(result)}\n`);
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe("PASS");
    // What it would reach beyond is said, and it is not core: its lists are bare arrays.
    expect(result.beyond).toMatchObject({ profile: "core", reached: false });
  },
);

test.skipIf(isSkippedWithout(isThere))("its naive timestamps are found as such", async () => {
  const result = await runContract({ url: await startPython("naive"), forMs: 800 });
  expect(result.verdict).toBe("FAIL");
  const found = result.findings.filter(({ level }) => level === "realtime");
  expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(["event-timestamp"]));
});

test.skipIf(isSkippedWithout(isThere))(
  "a NaN, which Python's json writes and no browser reads, is found as such",
  async () => {
    const result = await runContract({ url: await startPython("nan"), forMs: 1500 });
    expect(result.verdict).toBe("FAIL");
    const found = result.findings.filter(({ level }) => level === "realtime").map(({ rule }) => rule);
    // The stock client closes the connection at such a packet.
    expect(new Set(found)).toEqual(new Set(["json-number", "connection-lasts"]));
  },
);
