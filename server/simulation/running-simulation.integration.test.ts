import { hash as hashOnce } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  SIMULATOR_VERSION,
  type TimelineSnapshot,
  createManualClock,
  createStreamDigest,
  createWorld,
  defaultScenarioName,
} from "../../simulator/index.js";
import { startMax } from "../main.js";
import { resolveScenario } from "./timelines.js";
import { createSimulation } from "./running-simulation.js";
import { snapshotEveryCommands } from "../store/snapshot-retention.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import { resumeTimeline } from "./timelines.js";

const hash = (text: string) => hashOnce("sha256", text);
const scenario = resolveScenario(defaultScenarioName);
const seed = "42";
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** Counts what is published. */
function createCounts() {
  const counts = { events: 0, batches: 0 };
  return {
    counts,
    publish(events: readonly unknown[]) {
      counts.events += events.length;
      counts.batches += 1;
    },
  };
}

function ignore(): void {}

/** Closed after the test. */
async function openMemory(): Promise<Store> {
  const store = await openStore({
    url: ":memory:",
    seed,
    scenario: scenario.name,
    simulatorVersion: SIMULATOR_VERSION,
  });
  stores.push(store);
  return store;
}

async function start(speed: number) {
  const store = await openMemory();
  const { clock, advance } = createManualClock();
  const { counts, publish } = createCounts();
  const simulation = createSimulation({ world: { seed, scenario }, clock, speed, publish, store, hash });
  return { simulation, advance, counts };
}

/** What `max simulate --digest` prints after so many ticks. */
function digestAfter(ticks: number): { readonly events: number; readonly digest: string } {
  const world = createWorld({ seed, scenario });
  const digest = createStreamDigest({ hash });
  for (let tick = 0; tick < ticks; tick += 1) digest.observe(world.step());
  return { events: digest.events, digest: digest.value };
}

test("one's own scenario begins again by its name, at the tick that was asked for", async () => {
  const own = { ...scenario, name: "my-own", title: "My own" };
  const max = await startMax({ port: 0, clock: "manual", drainMs: 0, scenario: own, tickMs: 100 });
  try {
    max.advance("10s");
    await max.simulation.reset({ scenario: "my-own" });
    expect(max.simulation.status()).toMatchObject({ scenario: "my-own", tick: 0, tickMs: 100 });
  } finally {
    await max.close();
  }
});

test.each([0.1, 1, 7, 1000])(
  "the demo's pacing gives the bytes of max simulate at speed %d (seed 42)",
  async (speed) => {
    const { simulation, advance, counts } = await start(speed);
    simulation.play();
    const tickMs = simulation.world.tickMs / speed;
    // A microsecond more, because an interval may be no whole number of nanoseconds.
    for (let n = 0; n < 10; n += 1) advance(24 * tickMs + 0.001);
    expect(simulation.status().tick).toBe(240);
    const expected = digestAfter(240);
    expect(simulation.status().digest).toBe(expected.digest);
    expect([counts.batches, counts.events]).toEqual([240, expected.events]);
  },
);

test("a speed changed, a pause and single steps on the way change no byte (seed 42)", async () => {
  const { simulation, advance } = await start(1);
  simulation.play();
  advance(10_000);
  simulation.setSpeed(20);
  advance(1000);
  await simulation.pause();
  advance(60_000);
  simulation.advance(7);
  simulation.play();
  advance(333);
  const { tick, digest } = simulation.status();
  expect(tick).toBeGreaterThan(127);
  expect(digest).toBe(digestAfter(tick).digest);
});

test("a tick is broadcast as one batch, and nothing is broadcast while seeking", async () => {
  const { simulation, counts } = await start(1);
  simulation.advance(3);
  expect(counts.batches).toBe(3);
  await simulation.seek(500);
  expect(counts.batches).toBe(3);
  expect(simulation.status()).toMatchObject({ tick: 500, state: "paused", digest: digestAfter(500).digest });
});

test("anchors tell each tick's intended instant on the injected clock", async () => {
  const { simulation, advance } = await start(2);
  advance(1000);
  simulation.play();
  advance(5000);
  expect(simulation.status().anchors).toEqual([{ fromTick: 0, monotonicNs: "1000000000", intervalNs: 125_000_000 }]);
  expect(simulation.status().tick).toBe(40);
});

test("killed while ticks overtake a command, it comes back to what was broadcast, the command after it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "max-reordered-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kept = { url: join(folder, "store"), seed, scenario: scenario.name, simulatorVersion: SIMULATOR_VERSION };
  const world = { seed, scenario };
  const command = { type: "createSector", sector: { id: "new-001", name: "New", indexWeight: 1 } } as const;

  const store = await openStore(kept);
  let isDurable = false;
  // The process ends before it hears that the command is on the disk.
  const dying: Store = {
    ...store,
    async commit(record) {
      await store.commit(record);
      isDurable = true;
      await new Promise(() => {});
    },
  };
  const { clock, advance } = createManualClock();
  const killed = createSimulation({ world, clock, publish: ignore, store: dying, hash });
  killed.play();
  advance(10_000);
  killed.execute(() => ({ command })).catch(() => {});
  await vi.waitUntil(() => isDurable, { timeout: 60_000 });
  advance(20_000);
  expect(killed.status()).toMatchObject({ tick: 120, digest: digestAfter(120).digest });
  await store.close();

  const again = await openStore(kept);
  stores.push(again);
  const resume = await again.loadResume();
  expect(resume).toMatchObject({ lastTick: 120 });
  expect(await again.commands(0, 10)).toEqual([{ sequence: 1, afterTick: 120, command }]);
  const expected = createWorld(world);
  const digest = createStreamDigest({ hash });
  for (let tick = 0; tick < 120; tick += 1) digest.observe(expected.step());
  digest.observe(expected.apply(command));
  const resumed = resume && (await resumeTimeline(world, hash, again, resume));
  const options = { world, clock: null, publish: ignore, store: again, hash, resumed };
  expect(createSimulation(options).status()).toMatchObject({ tick: 120, digest: digest.value });
});

test("commands behind one that the store does not answer are rejected within one deadline, and none is applied", async () => {
  const store = await openStore({
    url: ":memory:",
    seed,
    scenario: scenario.name,
    simulatorVersion: SIMULATOR_VERSION,
    waitMsMax: 50,
  });
  stores.push(store);
  let commits = 0;
  const silent: Store = {
    ...store,
    commit(_record, deadline = store.deadline()) {
      commits += 1;
      return deadline.race(new Promise(() => {}));
    },
  };
  const options = { world: { seed, scenario }, clock: null, publish: ignore, store: silent, hash };
  const simulation = createSimulation(options);
  const commands = ["one", "two", "three"].map((id) => {
    const command = { type: "createDiscussion", discussion: { id, title: id } } as const;
    return simulation.execute(() => ({ command }));
  });
  for (const outcome of await Promise.allSettled(commands))
    expect(outcome).toMatchObject({ status: "rejected", reason: { message: /did not answer within 0.05 s/ } });
  expect(commits).toBe(1);
  expect(simulation.executed).toBe(0);
  expect(simulation.world.discussion("one")).toBeUndefined();
});

test("a snapshot is stored after so many commands, so that a restart plays few of them, also while time stands still", async () => {
  const { store, sequences } = await instantStore();
  const options = { world: { seed, scenario }, clock: null, publish: ignore, store, hash };
  const simulation = createSimulation(options);
  for (let n = 1; n <= 2 * snapshotEveryCommands + 1; n++) {
    const command = { type: "createDiscussion", discussion: { id: `room-${n}`, title: "Room" } } as const;
    const remove = { type: "deleteDiscussion", id: `room-${n - 1}` } as const;
    await simulation.execute(() => ({ command: n % 2 === 1 ? command : remove }));
  }
  expect(sequences).toEqual([snapshotEveryCommands, 2 * snapshotEveryCommands]);
});

/** A store that takes every command at once and keeps none. */
async function instantStore(): Promise<{ readonly store: Store; readonly sequences: readonly number[] }> {
  const store = await openMemory();
  const sequences: number[] = [];
  const saveSnapshot = ({ sequence }: TimelineSnapshot): void => void sequences.push(sequence);
  return { store: { ...store, commit: async () => {}, saveSnapshot }, sequences };
}

test("a log of which the store cannot give all that was applied is not answered in part", async () => {
  const store = await openMemory();
  let isComplete = true;
  const commands: Store["commands"] = async (after, limit) => (isComplete ? await store.commands(after, limit) : []);
  const partly: Store = { ...store, commands };
  const simulation = createSimulation({ world: { seed, scenario }, clock: null, publish: ignore, store: partly, hash });
  await simulation.execute(() => ({ command: { type: "deleteAgent", id: "agent-001" } }));
  expect(await simulation.commandsAfter(0, 10)).toHaveLength(1);
  isComplete = false;
  await expect(simulation.commandsAfter(0, 10)).rejects.toThrow("cannot be read at this moment");
  expect(await simulation.commandsAfter(1, 10)).toEqual([]);
});
