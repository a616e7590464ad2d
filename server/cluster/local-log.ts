/** The ordered log of a single process: nobody else is asked, so what is proposed is played before the call returns. */
import type { Entry, Position } from "./entry.js";
import { MemberState } from "./member-state.js";
import type { OrderedLog, Replica } from "./ordered-log.js";

/** @param position of the replica's world */
export function createLocalLog(replica: Replica, position: Position): OrderedLog {
  const state = new MemberState({ member: "local", url: "", replica, position });
  function append(entries: readonly Entry[]): void {
    for (const entry of entries) state.take(entry);
  }
  append(state.campaign(1));
  append(state.lead([]));
  return {
    proposeTick: () => append(state.proposeTick()),
    proposeCommand: (command, acceptedNs) => append(state.proposeCommand(command, acceptedNs)),
    proposeSkip: (toTick) => append(state.proposeSkip(toTick)),
    proposePace: (pace) => append(state.proposePace(pace)),
    hasRoom: true,
    settled: () => Promise.resolve(),
    restore: (position) => state.restore(position),
  };
}
