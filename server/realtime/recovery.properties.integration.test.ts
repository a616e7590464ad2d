/** Whoever comes back with any offset, to any process of those with one log, gets what comes after it and goes on. */
import { describe, expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { seededWholes } from "../../schemas/random.fixture.js";
import type { ContractEvent } from "../../schemas/index.js";
import { RawClient } from "./raw-client.fixture.js";
import { createLocalSource } from "./recovery.js";
import { type TestRoom, openRoom, until } from "./realtime.fixture.js";

const seeds = Array.from({ length: amount(5, 100) }, (_, at) => at + 1);
const batches = 60;
const returns = 25;

interface Batch {
  readonly name: string;
  readonly events: readonly ContractEvent[];
}

/** A stream as the ordered log has it: ticks, some of which yield nothing, commands and broadcasts. */
function drawBatches(random: (below: number) => number): Batch[] {
  const made = { tick: 0, sequence: 0, number: 0, value: 0 };
  return Array.from({ length: batches }, () => {
    const kind = random(5);
    const name =
      kind === 0 ? `c${(made.sequence += 1)}` : kind === 1 ? `m5f.${(made.number += 1)}` : `t${(made.tick += 1)}`;
    const events = Array.from({ length: random(6) }, (): ContractEvent => {
      const payload = { indexValue: (made.value += 1), timestamp: "2025-01-15T10:30:00.000Z" };
      return { event: "market:update", payload };
    });
    return { name, events };
  });
}

/** Comes back with the message and reads until nothing is missing; its frames without the leading types. */
async function comeBack({ port }: TestRoom, pid: string, offset: string) {
  const client = await RawClient.open(port);
  client.sendText(`40${JSON.stringify({ pid, offset })}`);
  const { pid: given } = JSON.parse((await client.takeText("40")).slice(2)) as { pid: string };
  return { client, isRecovered: given === pid };
}

/** Three processes; the last one joins amid the stream and is told of what came before by name only. */
async function play(seed: number): Promise<void> {
  const random = seededWholes(seed);
  const stream = drawBatches(random);
  const joinsAt = random(batches);
  const source = createLocalSource();
  const known = new Map(stream.map(({ name, events }) => [name, events]));
  let regenerations = 0;
  await using first = await openRoom({ recovery: true, recoverySource: source });
  await using second = await openRoom({ recovery: true, recoverySource: source });
  await using late = await openRoom({
    recovery: true,
    recoverySource: {
      ...source,
      regenerate() {
        regenerations += 1;
        // Those of the application come from the log itself.
        return Promise.resolve(new Map([...known].filter(([name]) => !name.startsWith("m"))));
      },
    },
  });
  const listener = await RawClient.open(first.port);
  listener.sendText("40");
  const { pid } = JSON.parse((await listener.takeText("40")).slice(2)) as { pid: string };
  for (const [at, { name, events }] of stream.entries()) {
    for (const room of [first, second]) room.realtime.publishAs(events, name);
    if (at >= joinsAt || name.startsWith("m")) late.realtime.publishAs(events, name);
    else if (events.length > 0) late.realtime.noteBroadcast(name);
  }
  const count = stream.reduce((sum, { events }) => sum + events.length, 0);
  await until(() => listener.texts.length === count, "the stream is there");
  const whole = [...listener.texts];
  const offsets = listener.events().map((args) => String(args.at(-1)));

  for (let time = 0; time < returns; time++) {
    const from = random(offsets.length);
    const room = [first, second, late][random(3)];
    const { client, isRecovered } = await comeBack(room, pid, offsets[from]);
    expect(isRecovered).toBe(true);
    const missed = whole.slice(from + 1);
    await until(() => client.texts.length >= missed.length, "what was missed is there");
    expect(client.texts).toEqual(missed);
    client.socket.destroy();
    await until(() => room.realtime.clientsCount() === (room === first ? 1 : 0), "its break is noticed");
  }
  listener.socket.destroy();
  // All that is asked for at once, and nothing twice.
  expect(regenerations).toBeLessThan(returns);
}

describe.each(seeds)("a stream of three processes (seed %i)", (seed) => {
  test(`comes back whole from ${returns} places in it, with 0 missed and 0 doubled`, () => play(seed));
});
