/**
 * `max replay FILE`: what `max simulate` printed goes out again, once each event fits its schema.
 *
 * The server's own world stands still meanwhile, so that nothing but the recording is heard. A tick of
 * the recording leaves as one batch, as it did when it was made.
 */
import { setTimeout as delay } from "node:timers/promises";
import { describeValue } from "../../schemas/describe-value.js";
import { type ContractEvent, findEventViolations, isEventName } from "../../schemas/index.js";
import { parseInstant } from "../../schemas/instant.js";
import { TextFileError, parseJsonText, readTextLines } from "../../schemas/text-file.js";
import type { StartOptions } from "../../server/main.js";
import { CliError, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { optionsOf, positional, switchFlag } from "../flags/flag-table.js";
import { listenFlags, speedFlag } from "../flags/server-flags.js";
import { interruption } from "../interruption.js";

const flags = {
  file: positional("what max simulate printed"),
  ...listenFlags,
  // Not the market's speed: that one stands still.
  speed: { ...speedFlag, option: undefined, description: "recorded seconds a second" },
  wait: switchFlag({ default: true, description: "start with the first subscriber; --no-wait: start at once" }),
};

interface Replay {
  readonly options: StartOptions;
  readonly file: string;
  readonly speed: number;
  readonly wait: boolean;
}

export const replayCommand = defineCommand({
  flags,
  examples: [
    ["max simulate --for 5m > five-minutes.ndjson", "record"],
    ["max replay five-minutes.ndjson --speed 10", "send it again, ten times as fast"],
  ],
  prepare(values): Replay {
    const { file, speed, wait } = values;
    return { options: { ...optionsOf(flags, values), clock: "manual" }, file, speed, wait };
  },
  run: replay,
});

interface RecordedBatch {
  readonly tick: number;
  readonly atMs: number;
  readonly events: ContractEvent[];
}

function parseLine(file: string, number: number, line: string): { tick: number; atMs: number; event: ContractEvent } {
  const fault = (what: string) =>
    new CliError(exitCodes.usage, `${file}, line ${number}: ${what}. Expected lines as max simulate prints them.`);
  const parsed = parseJsonText(line, file, number);
  if (typeof parsed !== "object" || parsed === null) throw fault(`${describeValue(parsed)} is not an object`);
  const { tick, at, event, payload }: { tick?: unknown; at?: unknown; event?: unknown; payload?: unknown } = parsed;
  const atMs = typeof at === "string" ? parseInstant(at) : undefined;
  if (!Number.isSafeInteger(tick)) throw fault(`Invalid "tick" ${describeValue(tick)}`);
  if (atMs === undefined) throw fault(`Invalid "at" ${describeValue(at)}`);
  if (!isEventName(event)) throw fault(`Unknown "event" ${describeValue(event)}`);
  const [violation] = findEventViolations(event, payload);
  if (violation !== undefined) throw fault(`${event} ${violation.pointer} ${violation.detail}`);
  return { tick: tick as number, atMs, event: { event, payload } as ContractEvent };
}

/** The recording's ticks, one after another; memory does not grow with the file. */
async function* readBatches(file: string): AsyncGenerator<RecordedBatch> {
  let batch: RecordedBatch | undefined;
  let number = 0;
  try {
    for await (const line of readTextLines(file)) {
      number += 1;
      if (line.trim() === "") continue;
      const { tick, atMs, event } = parseLine(file, number, line);
      if (batch !== undefined && batch.tick !== tick) {
        yield batch;
        batch = undefined;
      }
      batch ??= { tick, atMs, events: [] };
      batch.events.push(event);
    }
  } catch (cause) {
    if (!(cause instanceof TextFileError)) throw cause;
    throw new CliError(exitCodes.usage, cause.message, { cause });
  }
  if (batch !== undefined) yield batch;
}

async function replay({ options, file, speed, wait }: Replay): Promise<void> {
  const batches = readBatches(file);
  const first = await batches.next();
  if (first.done === true) throw new CliError(exitCodes.usage, `${file} is empty.`);
  const { startMax } = await import("../../server/main.js");
  // In production no page of another origin may connect unless it is named; replaying needs none.
  const isClosed = process.env["NODE_ENV"] === "production" && (options.origin ?? "*").includes("*");
  const max = await startMax({ ...options, ...(isClosed && { origin: [] }) });
  using interrupt = interruption();
  const { signal } = interrupt;
  if (isClosed)
    process.stderr.write(`NODE_ENV is "production": pages of other origins are refused; see max replay --help.\n`);
  process.stderr.write(`Replaying ${file} at ${max.url}. Ctrl-C ends it.\n`);
  try {
    if (wait) while (max.subscribers() === 0) await delay(50, undefined, { signal });
    const startedMs = performance.now();
    let ticks = 0;
    for (let next: IteratorResult<RecordedBatch, unknown> = first; next.done !== true; next = await batches.next()) {
      const { atMs, events } = next.value;
      const dueMs = startedMs + (atMs - first.value.atMs) / speed;
      if (dueMs > performance.now()) await delay(dueMs - performance.now(), undefined, { signal });
      max.realtime.publish(events);
      ticks += 1;
    }
    process.stderr.write(`${ticks} ticks replayed.\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await max.close();
  }
  process.exit(signal.aborted ? exitCodes.interrupted : exitCodes.pass);
}
