/** The agents' board: a card each, in an order that never changes, so that one can keep an eye on somebody. */
import { Button } from "../design/button.js";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { agents } from "../feed/agents.js";
import { lastSaid } from "../feed/discussions.js";
import { sectors } from "../feed/market.js";
import { go, parameter } from "../permalink/address.js";
import { AgentCard } from "./agent-card.js";
import { AgentFilterBar } from "./agent-filter-bar.js";
import { filterAgents } from "./filter.js";

const status = parameter("agent-status");
const sector = parameter("agent-sector");
const text = parameter("agent");

function showAll(): void {
  go({ "agent-status": undefined, "agent-sector": undefined, agent: undefined }, "replace");
}

export function AgentsView() {
  const filter = { status: status.value, sector: sector.value, text: text.value };
  const { shown, counts } = filterAgents(agents.value, filter);
  const sectorNames = new Map(sectors.value.map(({ id, facts }) => [id, facts.name]));
  return (
    <Panel
      id="agents"
      class="agents-board"
      title={
        <>
          Agents <small>{`${shown.length} of ${agents.value.length}`}</small>
        </>
      }
      actions={<AgentFilterBar filter={filter} counts={counts} sectorNames={sectorNames} />}
    >
      {agents.value.length === 0 ? (
        <EmptyState title="No agents">
          Create one with <code>POST /api/agents</code>.
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState title="No agent is like that at the moment">
          <Button onClick={showAll}>Show all agents</Button>
        </EmptyState>
      ) : (
        <ul class="agent-cards">
          {shown.map((agent) => (
            <AgentCard
              key={agent.id}
              agent={agent}
              sectorName={agent.sectorId === undefined ? undefined : sectorNames.get(agent.sectorId)}
              lastSaid={lastSaid.value.get(agent.id)}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}
