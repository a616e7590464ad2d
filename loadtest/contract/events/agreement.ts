/**
 * Holds two subscribers against each other: on a server whose stream cannot be regenerated, this is
 * how loss and disorder show.
 *
 * Frames are compared as text. Statuses recur, so counts are compared, and order only among frames that
 * came exactly once to both. The comparison begins with the first such frame and not at an instant,
 * because on a starved server one subscriber gets seconds late what was sent before the other one joined.
 */
import type { Judge } from "../core/findings.js";
import { type StateLogs, stateOf, isReplaced } from "./conflation.js";

export interface ReceivedFrame {
  readonly packet: string;
  readonly atMs: number;
}

/** What a subscriber received, in order. */
export interface FrameLog {
  readonly name: string;
  readonly frames: readonly ReceivedFrame[];
}

export interface CommonSpan {
  /** When both had joined. */
  readonly joinedMs: number;
  /** When the listening ended; what came later is only looked up. */
  readonly toMs: number;
}

function countFrames(frames: readonly ReceivedFrame[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { packet } of frames) counts.set(packet, (counts.get(packet) ?? 0) + 1);
  return counts;
}

/** The first frame of `a` that came exactly once to both, with its time at each. */
function firstCommon(a: FrameLog, b: FrameLog): { readonly aMs: number; readonly bMs: number } | undefined {
  const [countsA, countsB] = [countFrames(a.frames), countFrames(b.frames)];
  const first = a.frames.find(({ packet }) => countsA.get(packet) === 1 && countsB.get(packet) === 1);
  const same = first === undefined ? undefined : b.frames.find(({ packet }) => packet === first.packet);
  return first === undefined || same === undefined ? undefined : { aMs: first.atMs, bMs: same.atMs };
}

/** A frame that `from` received and `to` did not, or not as often. */
interface Lack {
  readonly packet: string;
  readonly count: number;
  readonly other: number;
  /** True where a newer state of the same thing has replaced it. */
  readonly isConflated: boolean;
}

/** Frames of `from` within the span that `to` lacks, and how many were compared. */
function compareFrames(
  from: FrameLog,
  to: FrameLog,
  span: CommonSpan,
): { readonly lacks: readonly Lack[]; readonly compared: number } {
  const first = firstCommon(from, to);
  // Without a frame in common, half of the time must have been enough to join.
  const halfMs = (span.joinedMs + span.toMs) / 2;
  const fromMs = first?.aMs ?? halfMs;
  const inSpan = ({ atMs }: ReceivedFrame): boolean => atMs >= fromMs && atMs <= span.toMs;
  const counts = countFrames(from.frames.filter(inSpan));
  const others = countFrames(to.frames);
  const lacks = [...counts].filter(([packet, count]) => count > (others.get(packet) ?? 0));
  const statesOf = createStates(from, to, span);
  return {
    compared: counts.size,
    lacks: lacks.map(([packet, count]) => {
      const states = statesOf(packet);
      return {
        packet,
        count,
        other: others.get(packet) ?? 0,
        isConflated: states !== undefined && isReplaced(packet, states),
      };
    }),
  };
}

/** The states of the thing that a packet is about; made once for each thing, and only where something is lacking. */
function createStates(from: FrameLog, to: FrameLog, span: CommonSpan): (packet: string) => StateLogs | undefined {
  const keys = new Map<string, string | undefined>();
  const states = new Map<string, StateLogs>();
  function keyOf(packet: string): string | undefined {
    if (!keys.has(packet)) keys.set(packet, stateOf(packet));
    return keys.get(packet);
  }
  return (packet) => {
    const key = keyOf(packet);
    if (key === undefined) return undefined;
    let known = states.get(key);
    if (known === undefined) {
      const sent = from.frames.filter((frame) => keyOf(frame.packet) === key);
      const received = to.frames.filter((frame) => keyOf(frame.packet) === key).map((frame) => frame.packet);
      const lastAt = sent.findLastIndex(({ atMs }) => atMs <= span.toMs);
      states.set(key, (known = { sent: sent.map((frame) => frame.packet), lastAt, received }));
    }
    return known;
  };
}

/** Distinct frames of the span that one of the two may still receive, those included that it need not. */
export function countUnmet(a: FrameLog, b: FrameLog, span: CommonSpan): number {
  return compareFrames(a, b, span).lacks.length + compareFrames(b, a, span).lacks.length;
}

function judgeLoss(
  judge: Judge,
  from: FrameLog,
  to: FrameLog,
  span: CommonSpan,
  inconclusive: string | undefined,
): void {
  const { lacks, compared } = compareFrames(from, to, span);
  const subject = `${from.name} and ${to.name}`;
  for (let n = lacks.length; n < compared; n += 1)
    judge.check("subscribers-agree", subject, true, () => ({ detail: "" }));
  for (const { packet, count, other, isConflated: conflated } of lacks) {
    judge.check(conflated ? "subscribers-conflated" : "subscribers-agree", subject, false, () => ({
      detail: `${from.name} received this event ${count} times, ${to.name} ${other} times${conflated ? ", and then a newer state" : ""}`,
      example: packet.slice(0, 500),
      // States that were skipped prove nothing where the checker was the slow reader.
      inconclusive: conflated ? inconclusive : undefined,
    }));
  }
}

/** Positions in `b` of the frames that came exactly once to both, in the order of `a`. */
function commonOrder(a: FrameLog, b: FrameLog): { readonly packet: string; readonly position: number }[] {
  const [countsA, countsB] = [countFrames(a.frames), countFrames(b.frames)];
  const positions = new Map(b.frames.map(({ packet }, position) => [packet, position]));
  return a.frames
    .filter(({ packet }) => countsA.get(packet) === 1 && countsB.get(packet) === 1)
    .map(({ packet }) => ({ packet, position: positions.get(packet) ?? 0 }));
}

/**
 * States keep their order among themselves, and so do messages. A subscriber that is behind gets messages
 * at once and the states that it skipped later: that is disorder, and still right.
 */
function judgeOrder(judge: Judge, a: FrameLog, b: FrameLog, inconclusive: string | undefined): void {
  const subject = `${a.name} and ${b.name}`;
  const last = { state: -1, message: -1 };
  for (const { packet, position } of commonOrder(a, b)) {
    const [own, other] =
      stateOf(packet) === undefined ? (["message", "state"] as const) : (["state", "message"] as const);
    judge.check("subscribers-order", subject, position >= last[own], () => ({
      detail: `${b.name} received this event earlier among the others than ${a.name} did`,
      example: packet.slice(0, 500),
    }));
    if (position < last[other]) {
      judge.check("subscribers-conflated", subject, false, () => ({
        detail: "one of them received a message ahead of a state that the other one had before it",
        example: packet.slice(0, 500),
        inconclusive,
      }));
    }
    last[own] = Math.max(last[own], position);
  }
}

/** `inconclusive`: why the two may have been slow readers themselves. */
export function judgeAgreement(judge: Judge, a: FrameLog, b: FrameLog, span: CommonSpan, inconclusive?: string): void {
  judgeLoss(judge, a, b, span, inconclusive);
  judgeLoss(judge, b, a, span, inconclusive);
  judgeOrder(judge, a, b, inconclusive);
}
