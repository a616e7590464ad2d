/** A sound small server never fails: 20 of 20 runs, in each dialect, and on the stack of the original. */
import { expect, test } from "vitest";
import { runContract } from "../index.js";
import { isSkippedWithout } from "../../../schemas/requirement.fixture.js";
import { isPythonThere, startPythonServer } from "./python-server.fixture.js";
import { dialects, startSmallServer } from "./small-server.fixture.js";

const runs = 20;
const runsMsMax = 300_000;

interface Started extends AsyncDisposable {
  readonly url: string;
}

/** Judges a new server each time, with another seed. */
async function expectDocumented(start: () => Promise<Started>): Promise<void> {
  const reached: unknown[] = [];
  for (let n = 0; n < runs; n += 1) {
    await using server = await start();
    const { verdict, findings, levels } = await runContract({
      url: server.url,
      forMs: 1000,
      profile: "documented",
      strict: true,
      seed: String(n),
    });
    const found = findings.map(({ rule, subject }) => `${rule} ${subject}`);
    reached.push([verdict, found, levels?.reached]);
  }
  expect(reached).toEqual(Array.from({ length: runs }, () => ["PASS", [], "documented"]));
}

test.each(Object.entries(dialects))(
  "a small server with %s reaches the documented level in 20 of 20 runs",
  async (_name, dialect) => await expectDocumented(async () => await startSmallServer(dialect)),
  runsMsMax,
);

test.skipIf(isSkippedWithout(isPythonThere))(
  "a FastAPI server with python-socketio reaches the documented level in 20 of 20 runs",
  async () => await expectDocumented(async () => await startPythonServer()),
  runsMsMax,
);
