/** Stock clients of python-socketio, with and without compression, receive the bytes that were sent. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { seededWholes } from "../../schemas/random.fixture.js";
import { neverLate, neverSlow, openRoom } from "./realtime.fixture.js";

const python = "/usr/bin/python3";
const isAbsent = spawnSync(python, ["-c", "import aiohttp, socketio"]).status !== 0;
if (isAbsent) process.stderr.write("Skipped the clients in Python: apt-get install python3-aiohttp python3-socketio\n");

const eventCount = 2000;
const clients = 4;
const seed = 7692;

/** What the clients print, line by line. */
function startClients(url: string): AsyncIterator<string> {
  const file = fileURLToPath(new URL("python-clients.fixture.py", import.meta.url));
  const child = spawn(python, [file, url, String(eventCount)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return createInterface(child.stdout)[Symbol.asyncIterator]();
}

async function readLines(lines: AsyncIterator<string>): Promise<string[]> {
  const read: string[] = [];
  while (read.length < clients) {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the clients ended after ${read.length} lines`);
    read.push(value);
  }
  return read;
}

test.skipIf(isAbsent && process.env["CI"] === undefined)(
  `clients in Python receive ${eventCount} events byte for byte, compressed and not (seed ${seed})`,
  async () => {
    await using room = await openRoom({ compressionKeyMs: 20, slow: neverSlow, limits: neverLate });
    const lines = startClients(room.url);
    expect(await readLines(lines)).toEqual(Array.from({ length: clients }, () => "joined"));
    const random = seededWholes(seed);
    const payloads = Array.from({ length: eventCount }, (_, n) => ({
      sectorId: `sector-${n % 11}`,
      value: random(1000) / 8,
      timestamp: new Date(n).toISOString(),
    }));
    const sent = createHash("sha256");
    for (const payload of payloads) sent.update(`2${JSON.stringify(["market:update", payload])}\n`);
    while (payloads.length > 0) {
      const batch = payloads.splice(0, 1 + random(24));
      room.realtime.batch(() => batch.forEach((payload) => room.realtime.broadcastMarketUpdate(payload)));
      await new Promise((resolve) => void setTimeout(resolve, random(3)));
    }
    const sha256 = sent.digest("hex");
    const results = (await readLines(lines)).map((line) => JSON.parse(line) as { compresses: boolean });
    const each = { transport: "websocket", received: eventCount, sha256 };
    const [plain, deflated] = [
      { ...each, compresses: false },
      { ...each, compresses: true },
    ];
    expect(results.toSorted((a, b) => Number(a.compresses) - Number(b.compresses))).toEqual([
      plain,
      plain,
      deflated,
      deflated,
    ]);
    expect(room.realtime.counters.compression["shared"]).toBeGreaterThan(0);
  },
);
