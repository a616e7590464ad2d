/** A server that is restarted under load: who came back, how soon, and what was missed. */
import { expect, test } from "vitest";
import type { Plan, Summary } from "../../schemas/index.js";
import { attack, noFaults, shortPlan } from "../loadtest.fixture.js";
import { type StockServer, startStock } from "../stock.fixture.js";

const plan: Plan = {
  ...shortPlan,
  clients: 12,
  control: { websocket: 1, polling: 1 },
  stages: [
    { kind: "hold", durationMs: 300 },
    { name: "update", kind: "restart", durationMs: 3500 },
  ],
};

async function restartUnderLoad(server: StockServer, restart: () => Promise<void>, all = plan): Promise<Summary> {
  const thresholds = ['restarts["update"].neverBack==0', 'restarts["update"].back100Ms<60000'];
  const { summary } = await attack({ url: server.url }, { plan: { ...all, thresholds }, restart });
  return summary;
}

test("all subscribers of a restarted stock server are back, and those who came first tell what the others missed", async () => {
  const server = await startStock();
  const { restarts, deliveries, clients, thresholds } = await restartUnderLoad(server, () => server.restart());
  expect(restarts).toMatchObject([{ stage: "update", dropped: 12, returned: 12, neverBack: 0, resumed: 0 }]);
  const [{ firstBackMs, back50Ms, back95Ms, back100Ms, missed }] = restarts;
  // As a stock client, they try after half a second at the earliest.
  expect(firstBackMs).toBeGreaterThanOrEqual(400);
  expect([firstBackMs, back50Ms, back95Ms, back100Ms]).toEqual(
    [firstBackMs, back50Ms, back95Ms, back100Ms].toSorted((a, b) => Number(a) - Number(b)),
  );
  expect(deliveries).toMatchObject({ ...noFaults, missed });
  expect(missed).toBeGreaterThan(0);
  expect(clients).toMatchObject({ connected: 12, dropped: 0, refused: 0 });
  expect(thresholds.map(({ passed }) => passed)).toEqual([true, true]);
});

test("a server that does not come back, and a restart that fails, are told", async () => {
  const gone = await startStock();
  const short = {
    ...plan,
    control: { websocket: 0, polling: 0 },
    stages: [{ ...plan.stages[1], durationMs: 900 }],
  } as Plan;
  // Its address answers no more.
  const stays = await startStock();
  let failing = "";
  const summary = await restartUnderLoad(
    stays,
    async () => {
      failing = "no such unit";
      throw new Error(failing);
    },
    short,
  );
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons.join()).toContain(`the server could not be restarted: ${failing}`);
  const never = await restartUnderLoad(gone, () => gone.stop(), short);
  expect(never.restarts).toMatchObject([
    { dropped: 12, returned: 0, neverBack: 12, firstBackMs: null, back100Ms: null },
  ]);
  expect(never.thresholds.map(({ passed }) => passed)).toEqual([false, false]);
});
