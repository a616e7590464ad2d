/** While it seeks, the simulation takes no other move but a pause. */
import { setTimeout as delay } from "node:timers/promises";
import type { Simulation } from "../../../schemas/index.js";
import { type Rest, call } from "../rest/call.js";
import { readSimulation } from "./simulation.js";

const pollMs = 5;
/** Farther than any server gets while it is being asked. */
const farTicks = 20_000_000;
/** The seek is answered when it is paused, which is a few requests later. */
const patience = 6;

const moves: readonly (readonly [string, object | undefined])[] = [
  ["play", undefined],
  ["step", { ticks: 1 }],
  ["seek", { to: 0 }],
  ["reset", undefined],
];

async function judgeRefused(rest: Rest, name: string, json: object | undefined): Promise<void> {
  const operation = `POST /api/simulation/${name}`;
  const asked = { operation, ...(json === undefined ? {} : { json }) };
  const answer = await call(rest, { ...asked, expect: [200, 409], rule: "simulation-busy", about: "while it seeks" });
  // Taken because the seek was over by then: that is no defect.
  if (answer?.status !== 200 || (await readSimulation(rest))?.state !== "seeking") return;
  rest.judge.check("simulation-busy", operation, false, () => ({
    detail: "was taken while the simulation seeks",
    value: answer.status,
    example: answer.json,
  }));
}

export async function judgeBusy(rest: Rest): Promise<void> {
  const { judge, limits } = rest;
  const from = await readSimulation(rest);
  if (from === undefined) return;
  const far = { isAnswered: false };
  const seeking = call(rest, {
    operation: "POST /api/simulation/seek",
    json: { to: from.tick + farTicks },
    expect: 200,
    rule: "simulation-moved",
    answerMsMax: limits.answerMsMax * patience,
  }).finally(() => (far.isAnswered = true));
  // Awaited below; an error meanwhile must not be called unhandled.
  seeking.catch(() => {});
  let now: Simulation | undefined = from;
  while (!far.isAnswered && now !== undefined && now.state !== "seeking") {
    await delay(pollMs);
    now = await readSimulation(rest);
  }
  if (now?.state === "seeking") for (const [name, json] of moves) await judgeRefused(rest, name, json);
  const paused = await call(rest, { operation: "POST /api/simulation/pause", expect: 200, rule: "simulation-busy" });
  await seeking;
  if (paused === undefined) return;
  const { state } = paused.json as Simulation;
  judge.check("simulation-busy", "POST /api/simulation/pause", state === "paused", () => ({
    detail: `the pause that should end a seek answers with state ${JSON.stringify(state)}`,
    pointer: "/state",
    value: state,
    example: paused.json,
  }));
}
