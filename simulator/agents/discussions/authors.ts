/**
 * Who says a message: weighted rendezvous hashing among the agents.
 *
 * Each agent has a score that depends on the message, on itself and on nobody else; the best score wins.
 * So a newcomer takes some messages for itself and leaves all others with their authors.
 * Who spoke before does not count, or one message that the newcomer takes would move all that follow.
 */
import { log } from "../../numeric/exp-log.js";
import type { Agent } from "../statuses/agent.js";
import { mix, unit } from "../core/hash.js";

/** Active agents speak. Where there is none, somebody who is processing looks up, and else somebody idle. */
const ranks: ReadonlyMap<string, number> = new Map([
  ["active", 6],
  ["processing", 4],
  ["idle", 2],
]);

/** What a message is about, for those who might say it. */
export interface Floor {
  /** Hash of room and tick. */
  readonly key: number;
  /** Hash of the room alone. */
  readonly roomKey: number;
  /** Number of the message in the room. */
  readonly turn: number;
  readonly roomSectorId: string | undefined;
  readonly subjectId: string | undefined;
  readonly follows: ReadonlySet<string>;
}

const generalistWeight = 3;
const subjectWeight = 6;
const roomWeight = 4;
const followedWeight = 1.5;
const strangerWeight = 0.3;
function interestOf(sectorId: string | undefined, { subjectId, roomSectorId, follows }: Floor): number {
  if (sectorId === undefined) return generalistWeight;
  if (sectorId === subjectId) return subjectWeight;
  if (sectorId === roomSectorId) return roomWeight;
  return follows.has(sectorId) ? followedWeight : strangerWeight;
}

/** Agents take turns: in each room half of them answer the other half, so that nobody answers himself. */
function turnOf(agent: Agent, { roomKey, turn }: Floor): 0 | 1 {
  return (mix(agent.key, roomKey) + turn) % 2 === 0 ? 1 : 0;
}

/** The author of a message; undefined when nobody can speak: an agent in error is silent. */
export function chooseAuthor(agents: readonly Agent[], floor: Floor): Agent | undefined {
  let winner: Agent | undefined;
  let winnerRank = 0;
  let winnerScore = 0;
  for (const agent of agents) {
    const statusRank = ranks.get(agent.status);
    if (statusRank === undefined) continue;
    const rank = statusRank + turnOf(agent, floor);
    if (rank < winnerRank) continue;
    // An exponential variate with the weight as its rate: the least of several goes to each by its weight.
    const score = -log(unit(mix(agent.key, floor.key))) / interestOf(agent.sectorId, floor);
    if (rank === winnerRank && score >= winnerScore) continue;
    winner = agent;
    winnerRank = rank;
    winnerScore = score;
  }
  return winner;
}
