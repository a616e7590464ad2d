import { hash } from "node:crypto";
import { expect, test } from "vitest";
import {
  type Command,
  type LoggedCommand,
  createStreamDigest,
  createTimeline,
  shippedScenarios,
} from "../../simulator/index.js";
import type { StreamDigestState, TimelineSnapshot } from "../../simulator/index.js";
import type { MoveEntry } from "../cluster/entry.js";
import { EarlierMoves } from "./earlier-moves.js";
import type { DigestedTimeline } from "./timelines.js";

const sha256 = (text: string): string => hash("sha256", text);
const check = { at: { tick: 0, sequence: 0 }, digest: "" };
const joinedTick = 50;

function openTimeline(snapshots?: readonly TimelineSnapshot[]): DigestedTimeline {
  return createTimeline({
    world: { seed: "7", scenario: shippedScenarios.get("fan-out")! },
    observer: (state) =>
      createStreamDigest({ hash: sha256, ...(state !== undefined && { state: state as StreamDigestState }) }),
    ...(snapshots && { resume: { snapshots } }),
  });
}

function setStatus({ world }: DigestedTimeline, status: string): Command {
  return { type: "patchAgent", id: world.agents()[0].id, patch: { status } };
}

/** What a market did: its moves as the log has them, what they yielded, its commands and a snapshot of the middle. */
function live() {
  const timeline = openTimeline();
  const moves: MoveEntry[] = [];
  const batches = new Map<string, string>();
  const commands: LoggedCommand[] = [];
  const snapshots: TimelineSnapshot[] = [];
  for (let tick = 1; tick <= joinedTick; tick++) {
    const sequence = commands.length;
    batches.set(`t${tick}`, JSON.stringify(timeline.step().events));
    moves.push({ kind: "tick", epoch: 1, tick, sequence, check });
    for (let more = 0; more < (tick % 10 === 0 ? 2 : 0); more++) {
      const { batch, entry } = timeline.apply(setStatus(timeline, `s${more}`));
      commands.push(entry);
      batches.set(`c${entry.sequence}`, JSON.stringify(batch.events));
      moves.push({
        kind: "command",
        epoch: 1,
        tick,
        sequence: entry.sequence,
        check,
        command: entry.command,
        acceptedNs: 0n,
      });
      // Between two commands of one tick.
      if (tick === 30 && more === 0) snapshots.push(timeline.snapshot());
    }
  }
  return { moves, batches, commands, snapshots };
}

/** A member that joins at the end, and is given these moves of the log. */
function join({ snapshots, commands }: ReturnType<typeof live>, moves: readonly MoveEntry[]) {
  const timeline = openTimeline(snapshots);
  const seek = timeline.seek(joinedTick);
  while (!seek.done) {
    const after = seek.wantsAfter;
    if (after !== undefined) seek.feed(commands.filter(({ sequence }) => sequence > after));
    seek.run(1000);
  }
  const names: string[] = [];
  const store = {
    commands: (after: number, limit: number) =>
      Promise.resolve(commands.filter(({ sequence }) => sequence > after).slice(0, limit)),
  };
  const earlier = new EarlierMoves({ timeline, store, onBatch: (name) => names.push(name) });
  for (const move of moves) earlier.take(move);
  return { earlier, names };
}

const lived = live();

test.each(["t1", "t29", "t30", "c5", "c6", "t31", "t50", "c9", "c10"])(
  "what was broadcast from %s on is made again, byte for byte, whatever of the log is left",
  async (name) => {
    const from = lived.moves.findIndex(
      (move) => name === (move.kind === "tick" ? `t${move.tick}` : `c${move.sequence}`),
    );
    for (const moves of [lived.moves, lived.moves.slice(from)]) {
      const { earlier, names } = join(lived, [...moves, ...moves.slice(0, 3)]);
      const again = await earlier.regenerate(name);
      const wanted = names.slice(names.indexOf(name));
      expect(wanted).toHaveLength(lived.moves.length - from);
      for (const batch of wanted) expect(JSON.stringify(again.get(batch))).toBe(lived.batches.get(batch));
    }
  },
);

test.each([
  ["the log begins later", lived.moves.slice(20), "The log no longer has t15"],
  ["moves are missing", lived.moves.filter((_, at) => at !== 30), "The log lacks"],
  ["the last ones are missing", lived.moves.slice(0, -1), "The log lacks"],
  [
    "moves are announced once more",
    lived.moves.map((move) => ({ ...move, isAgain: true })),
    "The log no longer has t15",
  ],
] as const)("where %s it is refused", async (_case, moves, reason) => {
  await expect(join(lived, moves).earlier.regenerate("t15")).rejects.toThrow(reason);
});

test("after the last one there is nothing, if it is the last one", async () => {
  const { earlier, names } = join(lived, lived.moves);
  earlier.end();
  const end = names.at(-1)!;
  expect([...(await earlier.regenerate(end))]).toEqual([[end, []]]);
  await expect(join(lived, lived.moves.slice(0, -1)).earlier.regenerate(end)).rejects.toThrow("The log lacks");
});

test("where another command stands in the log than the one that was applied it is refused", async () => {
  const command = setStatus(openTimeline(), "another");
  const moves = lived.moves.map((move) =>
    move.kind === "command" && move.sequence === 7 ? { ...move, command } : move,
  );
  await expect(join(lived, moves).earlier.regenerate("t35")).rejects.toThrow("another one");
});
