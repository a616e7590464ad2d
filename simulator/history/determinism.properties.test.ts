/**
 * Whatever is done with a timeline, it ends where the straight way ends: the same seed and commands, run once.
 *
 * It is led as a server leads it: the pacer plays it, pauses it, steps it, and is told when it has been moved.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { playLog } from "./command-log.js";
import { createManualClock } from "../pacing/manual-clock.js";
import { createPacer } from "../pacing/pacer.js";
import { LoggedTimeline } from "./logged-timeline.fixture.js";
import { type StreamDigest, createStreamDigest } from "./stream-digest.js";
import type { TimelineOptions } from "./timeline.js";
import type { Command } from "../core/types.js";
import { eventfulScenario, openWorld, sha256, throughJson } from "../world/world.fixture.js";

const scenario = eventfulScenario();

class Player {
  readonly #seed: string;
  readonly #time = createManualClock();
  #session: LoggedTimeline;
  #pacer;

  constructor(seed: string) {
    this.#seed = seed;
    this.#session = this.#open();
    this.#pacer = createPacer({
      clock: this.#time.clock,
      tickMs: scenario.tickMs,
      runTick: () => this.#session.timeline.step(),
    });
  }

  #open(resume?: TimelineOptions<StreamDigest>["resume"]): LoggedTimeline {
    const world = { seed: this.#seed, scenario };
    return resume === undefined
      ? new LoggedTimeline(world)
      : new LoggedTimeline(world, { resume }, this.#session.entries);
  }

  readonly actions = {
    step: (ticks: number) => this.#pacer.step(ticks),
    setSpeed: (speed: number) => this.#pacer.setSpeed(speed),
    play: () => this.#pacer.play(),
    pause: () => this.#pacer.pause(),
    wait: (durationMs: number) => this.#time.advance(durationMs),
    command: (command: Command) => {
      if (this.#session.timeline.world.refuses(command) === null) this.#session.apply(command);
    },
    seek: ([tick, batchesMax]: readonly [number, number]) =>
      this.#moveElsewhere(() => void this.#session.goTo(tick, batchesMax, 1 + (batchesMax % 3))),
    restart: () =>
      this.#moveElsewhere(() => {
        const { tick } = this.#session.timeline.world;
        this.#session = this.#open(throughJson({ snapshots: [this.#session.timeline.snapshot()] }));
        this.#session.goTo(tick);
      }),
  };

  #moveElsewhere(move: () => void): void {
    const { playing } = this.#pacer;
    this.#pacer.pause();
    move();
    this.#pacer.rebase(this.#session.timeline.world.tick);
    if (playing) this.#pacer.play();
  }

  get tick(): number {
    return this.#session.timeline.world.tick;
  }

  get digest(): string {
    return this.#session.timeline.observer.value;
  }

  /** The digest of the same seed and commands, run once from the beginning. */
  straightDigest(): string {
    const digest = createStreamDigest({ hash: sha256 });
    const world = openWorld(this.#seed, scenario);
    for (const { batch } of playLog(world, this.#session.entries, this.tick)) digest.observe(batch);
    return digest.value;
  }
}

const sectorId = fc.constantFrom("tech-001", "util-001", "gold-001", "zinc-001");
const agentId = fc.constantFrom("agent-001", "agent-002", "agent-008", "agent-009");
const discussionId = fc.constantFrom("disc-001", "disc-002", "disc-009");
const status = fc.constantFrom("idle", "error", "away");
const text = fc.constantFrom("One", "Two", "What about Technology?");
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** Few ids, so that what is drawn later meets what was drawn before. */
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: fc.constant("createSector"), sector: fc.record({ id: sectorId, name: text }) }),
  fc.record({
    type: fc.constant("patchSector"),
    id: sectorId,
    patch: fc.record({ beta: fc.constantFrom(1, 3), indexWeight: fc.constantFrom(0, 0.4) }),
  }),
  fc.record({ type: fc.constant("deleteSector"), id: sectorId }),
  fc.record({
    type: fc.constant("createAgent"),
    agent: fc.record({ id: agentId, name: text, role: text, sectorId, status }),
  }),
  fc.record({
    type: fc.constant("patchAgent"),
    id: agentId,
    patch: fc.record({ status, sectorId: some(fc.option(sectorId)) }),
  }),
  fc.record({ type: fc.constant("deleteAgent"), id: agentId }),
  fc.record({
    type: fc.constant("createDiscussion"),
    discussion: fc.record({ id: discussionId, title: text }),
  }),
  fc.record({
    type: fc.constant("patchDiscussion"),
    id: discussionId,
    patch: fc.record({ title: some(text), sectorId: some(fc.option(sectorId)) }),
  }),
  fc.record({ type: fc.constant("deleteDiscussion"), id: discussionId }),
  fc.record({
    type: fc.constant("postMessage"),
    discussionId,
    message: fc.record({
      id: fc.stringMatching(/^msg-u\d{1,9}$/),
      content: text,
      authorId: agentId,
      authorName: text,
      type: text,
      timestampMs: fc.integer({ min: 0, max: 1e12 }),
    }),
  }),
);

/** What is done, and with what. */
const action = fc.oneof(
  fc.tuple(fc.constant("step" as const), fc.integer({ min: 1, max: 30 })),
  fc.tuple(fc.constant("setSpeed" as const), fc.constantFrom(0.3, 1, 7, 40)),
  fc.tuple(fc.constant("play" as const)),
  fc.tuple(fc.constant("pause" as const)),
  fc.tuple(fc.constant("wait" as const), fc.integer({ min: 1, max: 400 })),
  fc.tuple(fc.constant("command" as const), command),
  fc.tuple(fc.constant("command" as const), command),
  fc.tuple(fc.constant("seek" as const), fc.tuple(fc.integer({ min: 0, max: 160 }), fc.integer({ min: 1, max: 50 }))),
  fc.tuple(fc.constant("restart" as const)),
);
type Action = typeof action extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function act({ actions }: Player, [name, given]: Action): void {
  (actions[name] as (given: unknown) => void)(given);
}

test("any way through time ends where the straight way ends", () => {
  fc.assert(
    fc.property(fc.nat().map(String), fc.array(action, { minLength: 1, maxLength: 20, size: "max" }), (seed, way) => {
      const player = new Player(seed);
      // Played from the start, so that whatever is drawn has something to interrupt.
      player.actions.play();
      for (const step of way) act(player, step);
      expect(player.digest).toBe(player.straightDigest());
    }),
    { numRuns: 20 },
  );
});
