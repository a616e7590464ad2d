/**
 * `max simulate`: the event stream on stdout, as fast as it goes.
 *
 * Lines are joined into chunks before they are written, and the world waits while the reader is slow,
 * so that a pipe of any length needs the same memory.
 */
import { hash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { CommandModule } from "yargs";
import { eventNames, isEventName, parseDuration } from "../../schemas/index.js";
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
import { loadScenario, parseStart } from "../scenario-flag.js";
import { marketFlags, parseTickMs } from "../server-flags.js";

interface SimulateFlags {
  readonly seed: string;
  readonly scenario: string;
  readonly for: string | undefined;
  readonly sessions: string | undefined;
  readonly start: string | undefined;
  readonly "tick-ms": string | undefined;
  readonly filter: string | undefined;
  readonly digest: boolean | undefined;
  readonly sample: string | undefined;
}

export const simulateCommand: CommandModule<object, SimulateFlags> = {
  command: "simulate",
  builder: (yargs) =>
    yargs
      .options(marketFlags)
      .option("for", { type: "string", describe: "simulated time: 250ms 30s 5m 1h", defaultDescription: "1m" })
      .option("sessions", { type: "string", describe: "whole trading sessions instead of --for" })
      .option("start", {
        type: "string",
        describe: "simulated instant of tick 0 (ISO, or now)",
        defaultDescription: "the scenario's",
      })
      .option("filter", { type: "string", describe: "only this event", choices: eventNames })
      .option("digest", { type: "boolean", describe: 'print only {"events","ticks","digest"}' })
      .option("sample", { type: "string", describe: "print one line for each such span of simulated time instead" })
      .conflicts("for", "sessions")
      .conflicts("digest", "sample")
      .example("max simulate --seed 42 --for 10m --digest", "the fingerprint of ten minutes")
      .example("max simulate --for 1h --filter discussion:new_message", "an hour of talk")
      .example("max simulate --sessions 1 --sample 1m", "a session, minute by minute"),
  handler: simulate,
};

function ticksToRun(flags: SimulateFlags, world: World): number {
  if (flags.sessions !== undefined) {
    const sessions = Number(flags.sessions);
    if (!Number.isInteger(sessions) || sessions < 1) {
      throw new CliError(
        exitCodes.usage,
        `--sessions: "${flags.sessions}" is not a whole number of sessions, such as 1.`,
      );
    }
    const { calendar, pace } = completeScenario(world.scenario);
    // A session is so many market seconds, of which there are `pace` to a simulated one.
    return Math.round((sessions * calendar.sessionSeconds * 1000) / (world.tickMs * pace));
  }
  return Math.floor(parseFlag("for", flags.for ?? "1m", parseDuration) / world.tickMs);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const scenario = loadScenario(flags.scenario);
  const start = flags.start === undefined ? {} : { startMs: parseStart(flags.start, Date.now()) };
  const world = createWorld({ seed: flags.seed, scenario, ...start, ...parseTickMs(flags["tick-ms"]) });
  const ticks = Math.min(ticksToRun(flags, world), world.lastTick);
  if (ticks === world.lastTick)
    process.stderr.write("The run ends with the year 9999, which timestamps cannot pass.\n");
  using interrupt = interruption();
  const { signal } = interrupt;
  const run: Run = { world, ticks, writer: createLineWriter(process.stdout), signal };
  if (flags.digest === true) await writeDigest(run);
  else if (flags.sample !== undefined) await writeSamples(run, parseFlag("sample", flags.sample, parseDuration));
  else await writeEvents(run, flags.filter);
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

async function writeEvents(run: Run, filter: string | undefined): Promise<void> {
  const only = isEventName(filter) ? filter : undefined;
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
