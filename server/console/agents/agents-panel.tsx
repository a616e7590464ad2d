/** The agents beside the market: who does what at the moment. */
import { Badge, type Tone } from "../design/badge.js";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { agents } from "../feed/agents.js";

/** Statuses are an open set: those that are not listed are quiet. */
const tones: Readonly<Record<string, Tone>> = { active: "good", processing: "busy", error: "bad" };

export function AgentsPanel() {
  return (
    <Panel id="agents" title="Agents">
      {agents.value.length === 0 ? (
        <EmptyState title="No agents">Create one with POST /api/agents.</EmptyState>
      ) : (
        <ul class="list">
          {agents.value.map(({ id, name, role, status }) => (
            <li key={id}>
              <span>
                {name} <small>{role}</small>
              </span>
              <Badge tone={tones[status] ?? "quiet"}>{status}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
