/** The simulation as everybody may see it: what is being simulated, once and as a stream. */
import type { Simulation } from "../../../schemas/index.js";
import { operationNamed } from "../core/operations.js";
import { type Rest, call } from "../rest/call.js";
import { judgeSchema } from "../core/schema-judge.js";
import { offers } from "./service.js";

const read = "GET /api/simulation";
const watch = "GET /api/simulation/events";
const schema = "resources/simulation.schema.json";

function judgeTime({ judge }: Rest, subject: string, simulation: Simulation): void {
  const { start, tick, tickMs, time } = simulation;
  judge.check("simulation-time", subject, Date.parse(time) === Date.parse(start) + tick * tickMs, () => ({
    detail: `the time is ${time}, ${tick} ticks of ${tickMs} ms after ${start}`,
    value: time,
    example: simulation,
  }));
}

/** The simulation as it is now; undefined where the answer is none, with what was wrong in the findings. */
export async function readSimulation(rest: Rest): Promise<Simulation | undefined> {
  const answer = await call(rest, { operation: read, expect: 200, rule: "read-status" });
  if (answer === undefined) return undefined;
  const simulation = answer.json as Simulation;
  judgeTime(rest, read, simulation);
  return simulation;
}

/** A stream of the simulation's states. */
export interface States {
  /** The next state; undefined where none comes in time, or it is none. */
  next(): Promise<Simulation | undefined>;
  close(): void;
}

/** Undefined where the server has no stream. */
export async function watchSimulation(rest: Rest): Promise<States | undefined> {
  const { http, judge, coverage, limits } = rest;
  const { path } = operationNamed(watch);
  const stream = await http.openStream(path);
  if (stream?.status === 404) {
    stream.close();
    coverage.leaveOut(watch, "not offered");
    return undefined;
  }
  const isStream = judge.check(
    "simulation-stream",
    watch,
    stream?.status === 200 && stream.mediaType === "text/event-stream",
    () => ({
      detail:
        stream === undefined
          ? `no answer within ${limits.answerMsMax} ms`
          : `answered ${stream.status} as ${stream.mediaType || "no media type"}`,
    }),
  );
  if (stream === undefined || !isStream) {
    stream?.close();
    return undefined;
  }
  coverage.sawAnswer("GET", path, stream.status);
  return {
    async next() {
      const data = await stream.next(limits.answerMsMax);
      const { problem } = stream;
      if (data === undefined && problem !== undefined)
        judge.check("simulation-stream", watch, false, () => ({ detail: `the stream ${problem}` }));
      if (data === undefined) return undefined;
      let state: unknown;
      try {
        state = JSON.parse(data);
      } catch {
        state = undefined;
      }
      const isJson = judge.check("json-syntax", watch, state !== undefined, () => ({
        detail: "an event's data is not JSON",
        example: data.slice(0, 300),
      }));
      if (!isJson || !judgeSchema(judge, "body", watch, schema, state)) return undefined;
      judgeTime(rest, watch, state as Simulation);
      return state as Simulation;
    },
    close: () => stream.close(),
  };
}

/** Returns whether there is a simulation. */
export async function judgeSimulation(rest: Rest): Promise<boolean> {
  const isThere = await offers(rest, operationNamed(read));
  if (isThere) await readSimulation(rest);
  await judgeStream(rest);
  return isThere;
}

async function judgeStream(rest: Rest): Promise<void> {
  const states = await watchSimulation(rest);
  if (states === undefined) return;
  const first = await states.next();
  states.close();
  rest.judge.check("simulation-stream", watch, first !== undefined, () => ({
    detail: "does not begin with the simulation as it is",
  }));
}
