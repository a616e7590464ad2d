/** Moves with a body that is broken are refused, and move nothing. */
import type { Simulation } from "../../../schemas/index.js";
import { type Rest, call } from "../rest/call.js";
import { type Row, sameRow, without } from "../rest/rows.js";
import { type BodyOperation, judgeBrokenBodies, judgeUnreadableBodies } from "../writing/refusing.js";
import { readSimulation } from "./simulation.js";

const bodyOperations: readonly BodyOperation[] = [
  { operation: "POST /api/simulation/step", params: {}, valid: () => ({ ticks: 1 }) },
  { operation: "POST /api/simulation/speed", params: {}, valid: () => ({ speed: 1 }) },
  { operation: "POST /api/simulation/seek", params: {}, valid: () => ({ to: 0 }) },
  { operation: "POST /api/simulation/reset", params: {}, valid: () => ({ seed: "refused" }), mayBeEmpty: true },
];

/** Works on a paused simulation, which changes nothing by itself. */
export async function judgeRefusedMoves(rest: Rest): Promise<void> {
  const still = async (): Promise<Row | undefined> => {
    const simulation: Simulation | undefined = await readSimulation(rest);
    return simulation === undefined
      ? undefined
      : without({ ...simulation }, ["speedAchieved", "monotonicNs", "monotonicUncertaintyNs"]);
  };
  const before = await still();
  for (const operation of bodyOperations) {
    await judgeBrokenBodies(rest, operation);
    await judgeUnreadableBodies(rest, operation);
  }
  await call(rest, {
    operation: "POST /api/simulation/reset",
    json: { scenario: "no-such-scenario-9" },
    expect: 422,
    rule: "broken-body",
    about: "a scenario that there is not",
  });
  const after = await still();
  if (before === undefined || after === undefined) return;
  rest.judge.check("refused-not-stored", "GET /api/simulation", sameRow(before, after), () => ({
    detail: "a refused move has changed the simulation",
    example: { before, after },
  }));
}
