/**
 * The fallback path's carrier: one row of the store with how far the leader has decided, and the latest moves in their
 * order. The bodies of commands are in the table of commands, where they were durable before they got their place.
 */
import type { Command } from "../../simulator/index.js";
import { type DigestCheck, type LeaderEntry, type MoveEntry, type Position, placeAfter } from "./entry.js";

export interface DecidedRow extends Omit<LeaderEntry, "kind">, Position {
  readonly check: DigestCheck;
  /** The latest, up to the position. */
  readonly stretches: readonly Stretch[];
}

/** Ticks one after another, or a move. */
export type Stretch =
  | ({ readonly kind: "ticks" | "skip"; readonly toTick: number } & Position)
  | ({ readonly kind: "command"; readonly acceptedNs: bigint } & Position);

/** Stretches that a row has: some seconds of a busy market. Whoever is further behind loads the world anew. */
const stretchesMax = 512;

/** Adds moves to the latest ones. */
export function addMoves(stretches: Stretch[], moves: readonly MoveEntry[]): void {
  for (const move of moves) {
    const { kind, sequence } = move;
    const last = stretches.at(-1);
    if (kind === "tick" && last?.kind === "ticks" && last.sequence === sequence && last.toTick + 1 === move.tick)
      stretches[stretches.length - 1] = { ...last, toTick: move.tick };
    else if (kind === "tick") stretches.push({ kind: "ticks", tick: move.tick, toTick: move.tick, sequence });
    else if (kind === "skip") stretches.push({ kind, tick: move.tick, toTick: move.toTick, sequence });
    else stretches.push({ kind, tick: move.tick, sequence, acceptedNs: move.acceptedNs });
  }
  if (stretches.length > 2 * stretchesMax) stretches.splice(0, stretches.length - stretchesMax);
}

/**
 * The moves of a row that come after a position, as the leader has proposed them.
 *
 * @param commands by sequence; the moves end before one that is missing
 */
export function* movesOf(
  { epoch, check, stretches }: DecidedRow,
  after: Position,
  commands: ReadonlyMap<number, Command>,
): Generator<MoveEntry> {
  for (const stretch of stretches.slice(-stretchesMax)) {
    const { kind, sequence, tick } = stretch;
    if (kind === "command") {
      if (sequence <= after.sequence) continue;
      const command = commands.get(sequence);
      if (command === undefined) return;
      yield { kind, epoch, check, tick, sequence, command, acceptedNs: stretch.acceptedNs };
    } else if (kind === "skip") {
      if (stretch.toTick > after.tick) yield { kind, epoch, check, tick, sequence, toTick: stretch.toTick };
    } else {
      const { toTick } = stretch;
      for (let next = Math.max(tick, after.tick + 1); next <= toTick; next++)
        yield { kind: "tick", epoch, check, tick: next, sequence };
    }
  }
}

/** Whether the move lies at the position or before it. */
export function isWithin(move: MoveEntry, { tick, sequence }: Position): boolean {
  const after = placeAfter(move);
  return after.tick <= tick && after.sequence <= sequence;
}
