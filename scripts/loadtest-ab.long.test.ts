/**
 * `max loadtest ab` of real servers of which one is dearer by a known share: what it finds, and that it finds nothing where
 * there is nothing.
 *
 * AB_TESTS says how many tests there are of each kind, 1 where it is not set; 20 take hours.
 */
import { expect, test } from "vitest";
import { makeFolder } from "../loadtest/loadtest.fixture.js";
import type { AbTest } from "../schemas/index.js";
import { runMaxCommand } from "./cli.fixture.js";
import { dearerCommand } from "./dearer-server.fixture.js";

const tests = Number(process.env["AB_TESTS"] ?? 1);
const testMsMax = 1_800_000;

const flags = ["--clients=500", "--round=3s", "--warmup=2s", "--no-rest", "--json"];

async function compare(share: number): Promise<AbTest> {
  const folder = await makeFolder();
  const [a, b] = [0, share].map((one) => dearerCommand(folder, one, "--scenario fan-out"));
  const { stdout, stderr } = await runMaxCommand("loadtest", "ab", a, b, ...flags, "--out", folder);
  process.stderr.write(`${stderr}${share}: ${(JSON.parse(stdout) as AbTest).conclusion}\n`);
  return JSON.parse(stdout) as AbTest;
}

async function compareAll(share: number): Promise<readonly AbTest[]> {
  const all: AbTest[] = [];
  for (let count = 0; count < tests; count += 1) all.push(await compare(share));
  return all;
}

function describeAll(all: readonly AbTest[]): string {
  return all.map(({ verdict, conclusion }) => `${verdict}: ${conclusion}`).join("\n");
}

/** Whether the interval of the processor time contains the planted ratio. */
function contains(ratio: number): (ab: AbTest) => boolean {
  return ({ figures: [main] }) => main !== undefined && main.ratioMin! <= ratio && ratio <= main.ratioMax!;
}

test(
  `equal builds are different in none of ${tests}`,
  async () => {
    const all = await compareAll(0);
    expect(all.filter(({ verdict }) => verdict !== "same" && verdict !== "invalid").length, describeAll(all)).toBe(0);
  },
  testMsMax * tests,
);

test.each([
  [0.1, 19],
  [0.05, 15],
])(
  `a build dearer by %d is found in %i of 20, of ${tests}`,
  async (share, inTwenty) => {
    const all = await compareAll(share);
    const known = all.filter(({ verdict }) => verdict !== "invalid");
    expect(known.filter(contains(1 + share)).length, describeAll(all)).toBeGreaterThanOrEqual(
      Math.floor(known.length * 0.95),
    );
    const found = known.filter(({ verdict }) => verdict === "worse").length;
    expect(found, describeAll(all)).toBeGreaterThanOrEqual(Math.floor((known.length * inTwenty) / 20));
  },
  testMsMax * tests,
);
