/**
 * Moves the simulation about: paused, stepped, hastened, sought, reset, and each time looked at.
 *
 * It comes last, when nobody listens any more: what it does to the stream is no defect. In the end the
 * simulation is at its start, as fast as before, and plays if it did.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Simulation } from "../../../schemas/index.js";
import { startDeadline } from "../../core/deadline.js";
import { type Rest, attempt, call } from "../rest/call.js";
import type { HttpClient } from "../rest/http-client.js";
import { judgeBusy } from "./busy.js";
import { judgeCommandLog } from "./command-log.js";
import { judgeRefusedMoves } from "./refused-moves.js";
import { readSimulation, watchSimulation } from "./simulation.js";
import { judgeMetrics, judgeToken } from "./token.js";

export interface Control {
  /** Its requests carry the control token. */
  readonly rest: Rest;
  /** Sends without the token. */
  readonly anonymousClient: HttpClient;
  /** Sends with the token, also in the time of grace. */
  readonly restoreClient: HttpClient;
}

const pollMs = 20;
/** Long enough for a tick or two at any pace that people choose. */
const standMs = 300;

/** Sends a move, and holds its answer and then GET against what it should lead to. Returns the latter. */
async function judgeMove(
  rest: Rest,
  name: string,
  body: object | undefined,
  leadsTo: Partial<Simulation>,
): Promise<Simulation | undefined> {
  const operation = `POST /api/simulation/${name}`;
  const answer = await call(rest, {
    operation,
    ...(body === undefined ? {} : { json: body }),
    expect: 200,
    rule: "simulation-moved",
  });
  if (answer === undefined) return undefined;
  const now = await readSimulation(rest);
  for (const [where, simulation] of [
    ["its answer", answer.json as Simulation],
    ["GET /api/simulation", now],
  ] as const) {
    if (simulation === undefined) continue;
    for (const [field, value] of Object.entries(leadsTo)) {
      const shown = simulation[field as keyof Simulation];
      rest.judge.check("simulation-moved", operation, shown === value, () => ({
        detail: `after ${JSON.stringify(body ?? {})}, ${where} says ${field} ${JSON.stringify(shown)} instead of ${JSON.stringify(value)}`,
        pointer: `/${field}`,
        value: shown,
        example: simulation,
      }));
    }
  }
  return now;
}

function judgeTimeline({ judge }: Rest, operation: string, before: Simulation, after: Simulation | undefined): void {
  if (after === undefined) return;
  judge.check("simulation-timeline", operation, after.bootId !== before.bootId, () => ({
    detail: `the bootId is still ${after.bootId}`,
    pointer: "/bootId",
    value: after.bootId,
    example: after,
  }));
}

/** Paused, it stands; the stream tells that it was paused. */
async function judgePausing(rest: Rest): Promise<void> {
  const states = await watchSimulation(rest);
  const paused = await judgeMove(rest, "pause", undefined, { state: "paused" });
  if (states !== undefined) {
    const deadline = startDeadline(rest.limits.answerMsMax);
    let state = await states.next();
    while (state !== undefined && state.state !== "paused" && !deadline.isOver) state = await states.next();
    deadline.cancel();
    states.close();
    rest.judge.check("simulation-stream", "GET /api/simulation/events", state?.state === "paused", () => ({
      detail: `did not tell within ${rest.limits.answerMsMax} ms that the simulation was paused`,
    }));
  }
  if (paused === undefined) return;
  await delay(standMs);
  const later = await readSimulation(rest);
  rest.judge.check("simulation-stands", "POST /api/simulation/pause", later?.tick === paused.tick, () => ({
    detail: `went from tick ${paused.tick} to ${later?.tick} while it was paused`,
    value: later?.tick,
    example: later,
  }));
}

/** Playing, it goes on. */
async function judgePlaying(rest: Rest, paused: Simulation): Promise<void> {
  const { speed } = paused;
  await judgeMove(rest, "speed", { speed: 10 }, { speed: 10 });
  const answer = await call(rest, { operation: "POST /api/simulation/play", expect: 200, rule: "simulation-moved" });
  if (answer === undefined) return;
  let now = answer.json as Simulation | undefined;
  for (let waitedMs = 0; waitedMs < rest.limits.answerMsMax && now?.tick === paused.tick; waitedMs += pollMs) {
    await delay(pollMs);
    now = await readSimulation(rest);
  }
  const isOver = now === undefined || now.state === "ended";
  rest.judge.check("simulation-stands", "POST /api/simulation/play", isOver || now?.tick !== paused.tick, () => ({
    detail: `is still at tick ${paused.tick}, ${rest.limits.answerMsMax} ms after it was let run`,
    value: now?.tick,
    example: now,
  }));
  await judgeMove(rest, "pause", undefined, { state: "paused" });
  await judgeMove(rest, "speed", { speed }, { speed });
}

/** To a tick and to a time, forwards and back. */
async function judgeSeeking(rest: Rest, from: Simulation): Promise<void> {
  const { tick, tickMs, start } = from;
  const ahead = tick + 100;
  const there = await judgeMove(rest, "seek", { to: ahead }, { tick: ahead, state: "paused" });
  if (there === undefined) return;
  const time = new Date(Date.parse(start) + (ahead + 20) * tickMs).toISOString();
  await judgeMove(rest, "seek", { to: time }, { tick: ahead + 20, state: "paused" });
  const back = await judgeMove(rest, "seek", { to: ahead - 50 }, { tick: ahead - 50, state: "paused" });
  judgeTimeline(rest, "POST /api/simulation/seek", there, back);
}

async function judgeResetting(rest: Rest, from: Simulation): Promise<void> {
  const { seed, scenario } = from;
  const other = await judgeMove(rest, "reset", { seed: `${seed}-other` }, { seed: `${seed}-other`, scenario, tick: 0 });
  judgeTimeline(rest, "POST /api/simulation/reset", from, other);
  await judgeMove(rest, "reset", { seed, scenario }, { seed, scenario, tick: 0, state: "paused" });
  await judgeMove(rest, "reset", {}, { seed, scenario, tick: 0, state: "paused" });
}

async function judgeMoves(rest: Rest): Promise<void> {
  await judgePausing(rest);
  const paused = await readSimulation(rest);
  if (paused?.state !== "paused") return;
  await judgeRefusedMoves(rest);
  const { tick } = paused;
  const stepped = await judgeMove(rest, "step", { ticks: 4 }, { tick: tick + 4, state: "paused" });
  if (stepped === undefined) return;
  await judgePlaying(rest, stepped);
  const played = await readSimulation(rest);
  if (played === undefined) return;
  await judgeSeeking(rest, played);
  await attempt(rest, async () => await judgeBusy(rest));
  await judgeResetting(rest, played);
}

/** Everything that the control token opens. */
export async function judgeControl({ rest, anonymousClient, restoreClient }: Control): Promise<void> {
  await attempt(rest, async () => await judgeToken(rest, anonymousClient));
  await attempt(rest, async () => await judgeMetrics(rest));
  const before = await readSimulation(rest);
  if (before === undefined) return;
  await attempt(rest, async () => await judgeCommandLog(rest));
  try {
    await attempt(rest, async () => await judgeMoves(rest));
  } finally {
    const restoring = { ...rest, http: restoreClient };
    await attempt(restoring, async () => {
      const json = { speed: before.speed };
      await call(restoring, { operation: "POST /api/simulation/speed", json, expect: 200, rule: "simulation-moved" });
      const back = before.state === "paused" ? "pause" : "play";
      await call(restoring, { operation: `POST /api/simulation/${back}`, expect: 200, rule: "simulation-moved" });
    });
  }
}
