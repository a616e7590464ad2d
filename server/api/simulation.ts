/** /api/simulation: what is being simulated, for everybody; moving it about, for who holds the control token. */
import type { Router } from "@koa/router";
import type { Context, Middleware } from "koa";
import { formatInstant, parseInstant } from "../../schemas/instant.js";
import { type World, shippedScenarios } from "../../simulator/index.js";
import type { SimulationHost } from "../simulation/simulation-host.js";
import { invalidPlace, readBody, readOptionalBody } from "./body.js";
import type { ApiOptions } from "./options.js";
import { ProblemError } from "../http/problems.js";
import { readInteger } from "./query.js";

const commandsLimitMax = 200;

/** The tick that a seek means: the last one not after the instant. */
function tickOf(to: number | string, world: World): number {
  if (typeof to === "number") return to;
  const atMs = parseInstant(to);
  if (atMs === undefined) throw invalidPlace("/to", "format", "must be an instant such as 2025-01-15T10:30:00.000Z");
  if (atMs < world.startMs)
    throw invalidPlace("/to", "minimum", `must not be before the start, ${formatInstant(world.startMs)}`);
  return Math.floor((atMs - world.startMs) / world.tickMs);
}

function requireTick(tick: number, { lastTick, startMs, tickMs }: World): void {
  if (tick <= lastTick) return;
  const last = formatInstant(startMs + lastTick * tickMs);
  throw invalidPlace("/to", "maximum", `must not be after the last tick, ${lastTick} at ${last}`);
}

function requireScenario(name: string | undefined, world: World): void {
  if (name === undefined || name === world.scenario.name || shippedScenarios.has(name)) return;
  throw invalidPlace("/scenario", "enum", `must be one of ${[...shippedScenarios.keys()].join(", ")}`);
}

/** After the last tick that a timestamp can name there is nothing to play. */
function requireTimeLeft(host: SimulationHost): void {
  if (host.status().state !== "ended") return;
  throw new ProblemError(
    "state-conflict",
    "The simulation has reached the end of the year 9999; seek back or reset it.",
  );
}

/** Another past would have to begin on all members at once. */
function requireAlone(cluster: ApiOptions["cluster"]): void {
  if (cluster === undefined) return;
  throw new ProblemError("state-conflict", "The market of a cluster cannot go back; start one with another store.");
}

/** One move excludes every other: two at a time would leave the world where nobody asked for it. */
function requireAtRest(host: SimulationHost): void {
  if (!host.isMoving) return;
  const move = host.status().state === "seeking" ? "is seeking" : "runs the steps that were asked for";
  throw new ProblemError("state-conflict", `The simulation ${move}; try again when it is done, or pause it.`);
}

export function addSimulationRoutes(router: Router, { host, cluster }: ApiOptions, tokenGuard: Middleware): void {
  router.get("/api/simulation", (context) => {
    context.body = host.status();
  });

  router.get("/api/simulation/commands", tokenGuard, async (context) => {
    const after = readInteger(context, "after", 0) ?? 0;
    const limit = Math.min(readInteger(context, "limit", 1) ?? commandsLimitMax, commandsLimitMax);
    const found = await host.commandsAfter(after, limit + 1);
    const data = found.slice(0, limit);
    const hasMore = found.length > limit;
    const last = data.at(-1);
    context.body = { data, nextCursor: hasMore && last !== undefined ? String(last.sequence) : null, hasMore };
  });

  function addMove(name: string, move: (context: Context) => Promise<object | void>): void {
    router.post(`/api/simulation/${name}`, tokenGuard, async (context) => {
      const outcome = await move(context);
      context.body = { ...host.status(), ...outcome };
    });
  }

  addMove("play", async () => {
    requireAtRest(host);
    if (host.isManual)
      throw new ProblemError("state-conflict", "The simulation has no clock of its own; move it with step or seek.");
    requireTimeLeft(host);
    host.play();
  });
  addMove("pause", async () => await host.pause());
  addMove("step", async (context) => {
    const { ticks } = await readBody(context, "requests/simulation-step.schema.json");
    requireAtRest(host);
    requireTimeLeft(host);
    await host.step(ticks);
  });
  addMove("speed", async (context) => {
    const { speed } = await readBody(context, "requests/simulation-speed.schema.json");
    host.setSpeed(speed);
  });
  addMove("seek", async (context) => {
    const { to } = await readBody(context, "requests/simulation-seek.schema.json");
    const tick = tickOf(to, host.world);
    requireTick(tick, host.world);
    if (tick < host.world.tick) requireAlone(cluster);
    requireAtRest(host);
    const { deleted } = await host.seek(tick);
    return { deleted };
  });
  addMove("reset", async (context) => {
    const to = await readOptionalBody(context, "requests/simulation-reset.schema.json");
    requireScenario(to.scenario, host.world);
    requireAlone(cluster);
    requireAtRest(host);
    const { deleted } = await host.reset(to);
    return { deleted };
  });
}
