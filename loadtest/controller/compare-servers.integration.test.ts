/** Tests of two servers whose figures do not matter: the order of the rounds, and what ends them early. */
import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { OptionError, TargetError } from "../core/errors.js";
import { startForeign } from "../foreign.fixture.js";
import { type AbOptions, type AbSource, type AbTarget, compareServers, prepareAb } from "../index.js";
import { makeFolder, provenance, serverOf, shortPlan, startServer } from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";

const plan = { ...shortPlan, control: { websocket: 0, polling: 0 } };
const brief = { ...provenance, plan, workers: 0, clients: 2, roundMs: 100, roundsMax: 12 };

function now(nowMs: number): string {
  return new Date(nowMs).toISOString();
}

/** Servers that run already; `log` has for which round they were opened and closed. */
function sourceOf(a: AbTarget, b: AbTarget, control = a): AbSource & { readonly log: string[] } {
  const describe = ({ url }: AbTarget) => ({ source: String(url), isProcess: false });
  const targets = { a, b, control };
  const log: string[] = [];
  return {
    log,
    of: { a: describe(a), b: describe(b), control: describe(control) },
    async open(side) {
      log.push(`+${side}`);
      return { target: targets[side], close: async () => void log.push(`-${side}`) };
    },
  };
}

/** Does something when a round of a server is over. */
function after(server: string, act: () => void): Pick<AbOptions, "progress"> {
  return { progress: { line: (text) => void (text.startsWith(`Block 1, ${server}:`) && act()) } };
}

test("rounds go by the Latin square, servers are opened for each round, and the reports are in the folder", async ({
  skip,
}) => {
  const url = await startForeign(now);
  const source = sourceOf({ url }, { url });
  const outDir = await makeFolder();
  const { ab, writeReports } = await compareServers(await prepareAb({ ...brief, clients: 10, outDir }), source);
  const counted = ab.rounds.filter(({ isCounted }) => isCounted);
  skip(counted.length < 12, `not measured, the generator was starved: ${ab.conclusion}`);
  expect(counted.map(({ server }) => server).join(" ")).toBe("a b control b control a control a b control b a");
  // Of a stream that is learned nobody knows when it was complete.
  expect(ab.figures.map(({ path }) => path)).toEqual(["latencyMs.p50", "latencyMs.p99"]);
  expect(ab.notes).toEqual([
    expect.stringMatching(/^A' is A's own address again/),
    expect.stringMatching(/^Server CPU is not known: it has no token/),
  ]);
  // Both are tried before the first round.
  expect(source.log.join(" ")).toMatch(/^\+a -a \+b -b \+a -a \+b -b \+control -control \+b -b/);
  expect(findViolations("ab.schema.json", JSON.parse(JSON.stringify(ab)))).toEqual([]);
  const names = (await writeReports()).map((path) => path.slice(outDir.length + 1));
  expect(names).toEqual(["ab.html", "ab.json", "ab.md", "junit.xml"]);
});

test("a server whose rounds are INVALID is tried again, and then given up", async () => {
  const market = await startServer({ clock: "manual" });
  const source = sourceOf(serverOf(market), serverOf(market));
  const { ab } = await compareServers(await prepareAb({ ...brief, roundMs: 50 }), source);
  expect(ab.verdict).toBe("invalid");
  expect(ab.conclusion).toMatch(/^INVALID: too many rounds are INVALID, the last one: the oracle expected nothing/);
  // A fifth of twelve is repeated.
  expect(ab.rounds.map(({ block, server, isCounted }) => [block, server, isCounted])).toEqual(
    Array.from({ length: 4 }, () => [1, "a", false]),
  );
  expect(source.log.filter((one) => one === "-a")).toHaveLength(5);
});

test("B that no longer answers is worse, and A that does not leaves nothing to compare with", async () => {
  const url = await startForeign(now);
  for (const [dead, verdict, conclusion] of [
    ["B", "worse", /^B is worse: B failed in block 2: it no longer answers: Nothing answers/],
    ["A", "invalid", /^INVALID: A failed in block 2: it no longer answers: Nothing answers/],
  ] as const) {
    const proxy = await startProxy(url);
    const targets = dead === "B" ? ([{ url }, { url: proxy.url }] as const) : ([{ url: proxy.url }, { url }] as const);
    const source = sourceOf(...targets, { url });
    const prepared = await prepareAb({ ...brief, ...after(dead, () => proxy.kill()) });
    const { ab } = await compareServers(prepared, source);
    expect(ab, ab.conclusion).toMatchObject({ verdict, conclusion: expect.stringMatching(conclusion) });
    await expect(compareServers(prepared, source)).rejects.toThrow(TargetError);
  }
});

test("a test that is ended by hand has the rounds that were over, and closes its servers", async () => {
  const url = await startForeign(now);
  const controller = new AbortController();
  const source = sourceOf({ url }, { url });
  const options = { ...brief, signal: controller.signal, ...after("A", () => controller.abort()) };
  const { ab } = await compareServers(await prepareAb(options), source);
  expect(ab).toMatchObject({ verdict: "invalid", interrupted: true, blocks: 0 });
  expect(ab.conclusion).toBe("Interrupted: 0 blocks are complete; 4 are needed.");
  expect(source.log).toEqual(["+a", "-a", "+b", "-b", "+a", "-a"]);
});

test("latencies of a stream that is regenerated and of one that is learned are not compared", async ({ skip }) => {
  const market = await startServer();
  const foreign = await startForeign(now);
  const source = sourceOf(serverOf(market), { url: foreign, isTokenOptional: true });
  const { ab } = await compareServers(await prepareAb({ ...brief, roundMs: 400 }), source);
  skip(ab.blocks < 4, `not measured: ${ab.conclusion}`);
  expect(ab.figures).toEqual([]);
  expect(ab.notes.join()).toMatch(/Latencies are not compared: the stream of one server is regenerated/);
});

test("what makes no sense is refused before anything runs", async () => {
  const prepare = (more: object) => prepareAb({ ...brief, ...more });
  await expect(prepare({ roundsMax: 11 })).rejects.toThrow(/roundsMax.*expected a whole number from 12 to 3000/);
  for (const wrong of [{ roundMs: 0 }, { precision: 0 }, { durationMs: 5 }, { thresholds: ["latencyMs.p99<5"] }])
    await expect(prepare(wrong)).rejects.toThrow(OptionError);
});
