/** The agents beside the market: who does what at the moment. */
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { agents } from "../feed/agents.js";
import { Link } from "../permalink/link.js";
import { AgentStatus } from "./agent-status.js";

export function AgentsPanel() {
  return (
    <Panel id="agents" title="Agents" scrolls actions={<Link to={{ view: "agents" }}>Board</Link>}>
      {agents.value.length === 0 ? (
        <EmptyState title="No agents">
          Create one with <code>POST /api/agents</code>.
        </EmptyState>
      ) : (
        <ul class="list">
          {agents.value.map(({ id, name, role, status }) => (
            <li key={id}>
              <span class="agent-name" title={`${name}, ${role}`}>
                {name} <small>{role}</small>
              </span>
              <AgentStatus status={status} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
