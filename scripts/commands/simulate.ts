/**
 * `max simulate`: the event stream on stdout, as fast as it goes.
 *
 * Lines are joined into chunks before they are written, and the world waits while the reader is slow,
 * so that a pipe of any length needs the same memory.
 */
import { hash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describeValue } from "../../schemas/describe-value.js";
import { type EventName, eventNames, parseDuration } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import {
  type TickBatch,
  type World,
  completeScenario,
  createStreamDigest,
  createWorld,
  eventLine,
} from "../../simulator/index.js";
import { CliError, exitCodes, parseFlag } from "../cli-error.js";
import { interruption } from "../interruption.js";
import { createLineWriter } from "../line-writer.js";
import { defineCommand } from "../flags/command.js";
import { type FlagValues, choiceFlag, requireAlone, switchFlag, textFlag } from "../flags/flag-table.js";
import { parseStart, startOf } from "../flags/scenario-flag.js";
import { marketFlags } from "../flags/server-flags.js";

const flags = {
  ...marketFlags,
  for: textFlag({
    parse: (text, flag) => parseFlag(flag, text, parseDuration),
    description: "simulated time: 250ms 30s 5m 1h",
    defaultDescription: "1m",
  }),
  sessions: textFlag({ parse: parseSessions, description: "whole trading sessions instead of --for" }),
  start: textFlag({
    parse: parseStart,
    description: "simulated instant of tick 0 (ISO, or now)",
    defaultDescription: "the scenario's",
  }),
  filter: choiceFlag({ choices: eventNames, description: "only this event" }),
  digest: switchFlag({ default: false, description: 'print only {"events","ticks","digest"}' }),
  sample: textFlag({
    parse: (text, flag) => parseFlag(flag, text, parseDuration),
    description: "print one line for each such span of simulated time instead",
  }),
};

type SimulateFlags = FlagValues<typeof flags>;

export const simulateCommand = defineCommand({
  flags,
  examples: [
    ["max simulate --seed 42 --for 10m --digest", "the digest of ten minutes"],
    ["max simulate --for 1h --filter discussion:new_message", "an hour of talk"],
    ["max simulate --sessions 1 --sample 1m", "a session, minute by minute"],
  ],
  prepare(values): SimulateFlags {
    requireAlone(values, "for", "sessions");
    requireAlone(values, "digest", "sample");
    return values;
  },
  run: simulate,
});

function parseSessions(text: string, flag: string): number {
  const sessions = Number(text);
  if (Number.isSafeInteger(sessions) && sessions >= 1) return sessions;
  throw new CliError(exitCodes.usage, `${flag}: ${describeValue(text)} is not a whole number of sessions, such as 1.`);
}

function ticksToRun({ sessions, for: forMs = 60_000 }: SimulateFlags, world: World): number {
  if (sessions === undefined) return Math.floor(forMs / world.tickMs);
  const { calendar, pace } = completeScenario(world.scenario);
  // A session is so many market seconds, of which there are `pace` to a simulated one.
  return Math.round((sessions * calendar.sessionSeconds * 1000) / (world.tickMs * pace));
}

async function simulate(values: SimulateFlags): Promise<void> {
  const { seed, scenario, start, "tick-ms": tickMs, digest, sample, filter } = values;
  const world = createWorld({
    seed,
    scenario,
    ...(start !== undefined && { startMs: startOf(start, Date.now()) }),
    ...(tickMs !== undefined && { tickMs }),
  });
  const ticks = Math.min(ticksToRun(values, world), world.lastTick);
  if (ticks === world.lastTick)
    process.stderr.write("The run ends with the year 9999, which timestamps cannot pass.\n");
  using interrupt = interruption();
  const { signal } = interrupt;
  const run: Run = { world, ticks, writer: createLineWriter(process.stdout), signal };
  if (digest) await writeDigest(run);
  else if (sample !== undefined) await writeSamples(run, sample);
  else await writeEvents(run, filter);
  await run.writer.end();
  if (run.writer.failure !== undefined) process.exit(exitCodes.failed);
  process.exit(run.signal.aborted ? exitCodes.interrupted : exitCodes.pass);
}

interface Run {
  readonly world: World;
  readonly ticks: number;
  readonly writer: ReturnType<typeof createLineWriter>;
  readonly signal: AbortSignal;
}

/** Ticks between two looks at what else there is to do: a Ctrl-C, above all. */
const ticksPerTurn = 2000;

/** Steps the world at full speed, as fast as the reader reads; ends early with the reader or a Ctrl-C. */
async function step({ world, ticks, writer, signal }: Run, onBatch: (batch: TickBatch) => void): Promise<void> {
  for (let n = 1; n <= ticks && !writer.closed && !signal.aborted; n += 1) {
    onBatch(world.step());
    if (writer.full) await writer.drained();
    else if (n % ticksPerTurn === 0) await turn();
  }
}

async function writeEvents(run: Run, only: EventName | undefined): Promise<void> {
  await step(run, (batch) => {
    for (const event of batch.events) {
      if (only === undefined || event.event === only) run.writer.line(eventLine(batch, event));
    }
  });
}

async function writeDigest(run: Run): Promise<void> {
  const digest = createStreamDigest({ hash: (text) => hash("sha256", text) });
  await step(run, (batch) => digest.observe(batch));
  run.writer.line(JSON.stringify({ events: digest.events, ticks: run.world.tick, digest: digest.value }));
}

async function writeSamples(run: Run, everyMs: number): Promise<void> {
  const { world, writer } = run;
  const everyTicks = Math.max(1, Math.round(everyMs / world.tickMs));
  let messages = 0;
  await step(run, ({ tick, events }) => {
    for (const { event } of events) if (event === "discussion:new_message") messages += 1;
    if (tick % everyTicks !== 0) return;
    const sectors = Object.fromEntries(world.sectors().map(({ id, value }) => [id, value]));
    writer.line(JSON.stringify({ at: formatInstant(world.nowMs), index: world.index().value, sectors, messages }));
    messages = 0;
  });
}
