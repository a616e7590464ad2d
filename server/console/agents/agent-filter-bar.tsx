/** Which agents the board shows: by status, sector and words. Kept in the address. */
import { Choice } from "../design/button.js";
import { go } from "../permalink/address.js";
import { type AgentFilter, withoutSector } from "./filter.js";

export interface AgentFilterBarProps {
  readonly filter: AgentFilter;
  /** Agents of each status that is offered. */
  readonly counts: ReadonlyMap<string, number>;
  readonly sectorNames: ReadonlyMap<string, string>;
}

const any = "";

/** An empty choice takes the parameter out of the address. */
function choose(name: string, value: string): void {
  go({ [name]: value === any ? undefined : value }, "replace");
}

export function AgentFilterBar({ filter, counts, sectorNames }: AgentFilterBarProps) {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const statuses: readonly (readonly [string, number])[] = [[any, total], ...counts];
  return (
    <>
      <Choice
        label="Status"
        value={filter.status ?? any}
        options={statuses.map(([status, count]) => [
          status,
          <span class="agent-count" key={status}>
            {status === any ? "all" : status} <b>{count}</b>
          </span>,
        ])}
        onChange={(status) => choose("agent-status", status)}
      />
      <select
        class="field"
        aria-label="Sector"
        value={filter.sector ?? any}
        onChange={(event) => choose("agent-sector", event.currentTarget.value)}
      >
        <option value={any}>Any sector</option>
        {[...sectorNames].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value={withoutSector}>No sector</option>
      </select>
      <input
        class="field"
        type="search"
        placeholder="Name, role or id"
        aria-label="Name, role or id"
        value={filter.text ?? any}
        onInput={(event) => choose("agent", event.currentTarget.value)}
      />
    </>
  );
}
