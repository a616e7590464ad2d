/** Each planted defect's finding is repeated by its id alone, and passes against the mended server. */
import { expect, test } from "vitest";
import type { ContractOptions } from "../core/options.js";
import { type ContractResult, runContract } from "../index.js";
import { type Defect, type DefectName, defects } from "../reference/defects.fixture.js";
import { type ReferenceServer, startObservedServer } from "../reference/reference-server.fixture.js";
import { referenceToken } from "../reference/reference-simulation.fixture.js";

const limits = { eventMsMax: 400, answerMsMax: 1500, connectMsMax: 3000, overtimeMsMax: 120_000 };
/** Long enough for what a part that follows the events asks on the way. */
const forMs = 3000;

const names = Object.keys(defects) as DefectName[];

test.concurrent.each(names)(
  "%s",
  async (name) => {
    const { only, profile, rule, isExtended = false }: Defect = defects[name];
    const start = async (...planted: readonly DefectName[]): Promise<ReferenceServer> =>
      await startObservedServer(planted, () => {}, { isExtended });
    const judge = async (server: ReferenceServer, more: Partial<ContractOptions>): Promise<ContractResult> => {
      const token = isExtended ? { token: referenceToken } : {};
      return await runContract({ url: server.url, profile, forMs, limits, ...token, ...more });
    };
    // Of its own each: one of the defects ends the server.
    await using found = await start(name);
    const { findings } = await judge(found, { only });
    const id = findings.find((finding) => finding.rule === rule)?.id;
    await using broken = await start(name);
    const before = await judge(broken, { case: id ?? "nothing was found" });
    expect([before.verdict, before.findings.map((finding) => finding.id)]).toEqual(["FAIL", [id]]);
    await using mended = await start();
    const after = await judge(mended, { case: id ?? "" });
    expect([after.verdict, after.reasons]).toEqual(["PASS", []]);
  },
  180_000,
);
