/** One agent on the board. */
import type { Agent } from "../../../schemas/generated/types.js";
import { memo } from "../design/memo.js";
import type { SaidMessage } from "../feed/discussions.js";
import { EventsLink } from "../inspector/events-link.js";
import { Link } from "../permalink/link.js";
import { AgentStatus, toneOf } from "./agent-status.js";
import { TimeInStatus } from "./time-in-status.js";

export interface AgentCardProps {
  readonly agent: Agent;
  /** Undefined for an agent without one. */
  readonly sectorName: string | undefined;
  /** What it said last, as far as this page knows. */
  readonly lastSaid: SaidMessage | undefined;
}

function drawCard({ agent, sectorName, lastSaid }: AgentCardProps) {
  const { id, name, role, sectorId, status, statusSince } = agent;
  return (
    <li class={`agent-card ${toneOf(status)}`}>
      <p class="agent-line">
        <AgentStatus status={status} />
        <TimeInStatus since={statusSince} />
      </p>
      <div class="agent-line">
        <h3 title={name}>{name}</h3>
        <small>
          <EventsLink entity={id} />
        </small>
      </div>
      <p class="agent-line agent-about">
        <span title={role}>{role}</span>
        {sectorId !== undefined && <Link to={{ view: undefined, sector: sectorId }}>{sectorName ?? sectorId}</Link>}
      </p>
      <p class="agent-said">
        {lastSaid === undefined ? (
          "Has said nothing yet."
        ) : (
          <>
            <Link to={{ view: "discussions", room: lastSaid.room.id }}>{lastSaid.room.title}</Link>{" "}
            {lastSaid.message.content}
          </>
        )}
      </p>
    </li>
  );
}

/** Of a board of hundreds only the cards whose agent changed are drawn again. */
export const AgentCard = memo(
  drawCard,
  (before, now) =>
    before.agent === now.agent &&
    before.sectorName === now.sectorName &&
    before.lastSaid?.message === now.lastSaid?.message,
);
