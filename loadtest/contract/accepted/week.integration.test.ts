/** A team's week: 12 findings, 9 accepted, one of them fixed, the open ones mended, one new. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, expect, onTestFinished, test } from "vitest";
import { OptionError } from "../../core/errors.js";
import { placeOf } from "../core/case-id.js";
import type { ContractOptions } from "../core/options.js";
import { type ContractResult, formatContractText, runContract } from "../index.js";
import { requireMeasured } from "../measured.fixture.js";
import type { DefectName } from "../reference/defects.fixture.js";
import { startObservedServer } from "../reference/reference-server.fixture.js";
import { formatContractJunit } from "../report/junit.js";
import { type AcceptedFinding, readAccepted } from "./accepted-findings.js";

async function acceptedFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "accepted-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return join(folder, "max-contract.json");
}

const entriesOf = async (file: string): Promise<readonly AcceptedFinding[]> => await readAccepted(file, false);

test("12 findings, 9 accepted, one fixed, one new", async ({ skip }: TestContext) => {
  const planted: DefectName[] = ["unknown-id-found", "live-values-cached", "etag-lost", "sort-ignored"];
  await using server = await startObservedServer(planted, () => {});
  const accept = await acceptedFile();
  const judge = async (more: Partial<ContractOptions> = {}): Promise<ContractResult> => {
    const result = await runContract({ url: server.url, profile: "core", forMs: 300, ...more });
    requireMeasured(skip, result);
    return result;
  };
  const mend = (name: DefectName): void => void planted.splice(planted.indexOf(name), 1);
  const openOf = ({ findings }: ContractResult) => findings.filter(({ accepted }) => accepted === undefined);
  const rulesOf = (result: ContractResult): string[] =>
    openOf(result)
      .map(({ rule }) => rule)
      .toSorted();

  // Monday: everything is new.
  const monday = await judge();
  expect([monday.verdict, monday.findings.length]).toEqual(["FAIL", 12]);

  // Tuesday: ETags are to be fixed now, the rest is accepted with a reason.
  const rest = monday.findings.filter(({ rule }) => rule !== "etag-present");
  const entries = rest.map((one) => ({ rule: one.rule, place: placeOf(one), reason: "Ticket 7." }));
  await writeFile(accept, JSON.stringify({ accepted: entries }));
  const tuesday = await judge({ accept });
  expect(entries).toHaveLength(9);
  expect([tuesday.verdict, rulesOf(tuesday)]).toEqual(["FAIL", ["etag-present", "etag-present", "etag-present"]]);
  expect(tuesday.accepted).toMatchObject({ findings: 9, gone: [], added: [] });

  // Wednesday: they are fixed.
  mend("etag-lost");
  const wednesday = await judge({ accept });
  expect([wednesday.verdict, wednesday.reasons, wednesday.accepted?.findings]).toEqual(["PASS", [], 9]);
  expect(formatContractJunit(wednesday)).toContain('failures="0"');
  // What is accepted is not there all the same.
  expect(wednesday.levels).toMatchObject({ reached: "realtime", next: { level: "documented", rules: ["unknown-id"] } });

  // Thursday: one of the accepted ones is fixed, too, which is reported and fails nothing.
  mend("sort-ignored");
  const thursday = await judge({ accept });
  expect([thursday.verdict, thursday.accepted?.gone.map(({ rule }) => rule)]).toEqual(["PASS", ["candle-order"]]);
  expect(formatContractText(thursday)).toMatch(/no longer found[^]*candle-order: GET \/api\/sectors\/:id\/candles/);
  await judge({ accept, updateAccepted: true });
  expect((await entriesOf(accept)).map(({ reason }) => reason)).toEqual(Array.from({ length: 8 }, () => "Ticket 7."));

  // Friday: something new fails, however much is accepted; then it is accepted as well.
  planted.push("filter-ignored");
  const friday = await judge({ accept });
  expect([friday.verdict, rulesOf(friday), friday.accepted?.gone]).toEqual(["FAIL", ["filter"], []]);
  const updated = await judge({ accept, updateAccepted: true });
  expect([updated.verdict, updated.accepted?.added.map(({ rule }) => rule)]).toEqual(["PASS", ["filter"]]);
  expect(await entriesOf(accept)).toHaveLength(9);
  expect((await judge({ accept })).verdict).toBe("PASS");
});

test("what a run does not look at is not gone", async ({ skip }) => {
  await using server = await startObservedServer(["etag-lost"], () => {});
  const accept = await acceptedFile();
  const options = { url: server.url, forMs: 200, accept };
  const core = await runContract({ ...options, profile: "core", updateAccepted: true });
  requireMeasured(skip, core);
  const before = await readFile(accept, "utf8");
  const realtime = await runContract({ ...options, profile: "realtime", updateAccepted: true });
  expect(realtime.accepted?.gone).toEqual([]);
  expect(await readFile(accept, "utf8")).toBe(before);
});

test.each([
  ["[]", "has no list of accepted findings"],
  ["{", "is not JSON"],
  ['{"accepted":[{"rule":"no-such","place":"*","reason":"x"}]}', 'unknown rule in entry 0, "no-such"'],
  ['{"accepted":[{"rule":"unknown-id","place":"","reason":"x"}]}', "no place in entry 0"],
  ['{"accepted":[{"rule":"unknown-id","place":"*","reason":" "}]}', "no reason in entry 0"],
])("the file %s is refused", async (text, sentence) => {
  const accept = await acceptedFile();
  await writeFile(accept, text);
  const run = runContract({ url: "http://127.0.0.1:1", accept });
  await expect(run).rejects.toThrow(OptionError);
  await expect(run).rejects.toThrow(sentence);
});

test("a file that is not there is refused, unless it is to be written", async () => {
  const accept = await acceptedFile();
  await expect(runContract({ url: "http://127.0.0.1:1", accept })).rejects.toThrow("updateAccepted");
  const { verdict } = await runContract({ url: "http://127.0.0.1:1", accept, updateAccepted: true });
  // Nothing was judged, so nothing is accepted.
  expect(verdict).toBe("UNREACHABLE");
  await expect(readFile(accept)).rejects.toThrow("ENOENT");
});
