/** What the inspector shows: by event, by whom it is about, by verdict, by text. */
import { Button } from "../design/button.js";
import { agents } from "../feed/agents.js";
import { discussions } from "../feed/discussions.js";
import { sectors } from "../feed/market.js";
import type { Verdict } from "../feed/verdict.js";
import { clearFilter, filter, setFilter } from "./matches.js";

const eventOptions = [
  ["market:update", "market:update"],
  ["sector:candle_update", "sector:candle_update"],
  ["discussion:new_message", "discussion:new_message"],
  ["agent:status_update", "agent:status_update"],
] as const;

const verdictOptions = [
  ["fits", "Fits"],
  ["undocumented", "Undocumented fields"],
  ["broken", "Broken"],
] as const;

interface SelectProps {
  readonly label: string;
  readonly all: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string | undefined) => void;
}

function Select({ label, all, value, options, onChange }: SelectProps) {
  // A value from a link that is not among the options is shown all the same: it filters.
  const known = value === undefined || options.some(([option]) => option === value);
  return (
    <select
      class="field"
      aria-label={label}
      value={value ?? ""}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? undefined : currentTarget.value)}
    >
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** "Technology, tech-001", in the order of the names. */
function entityOptions(): (readonly [string, string])[] {
  const all: Named[] = [
    ...sectors.value.map(({ id, facts }) => ({ id, name: facts.name })),
    ...agents.value,
    ...discussions.value.map(({ id, title }) => ({ id, name: title })),
  ];
  return all.map(({ id, name }) => [id, `${name}, ${id}`]);
}

export function FilterBar() {
  const { event, entity, verdict, text } = filter.value;
  const isFiltered = [event, entity, verdict, text].some((condition) => condition !== undefined);
  return (
    <search class="filter-bar">
      <input
        id="event-search"
        class="field"
        type="search"
        placeholder="Text in name or JSON  (/)"
        aria-label="Text in name or JSON"
        value={text ?? ""}
        onInput={({ currentTarget }) => setFilter({ text: currentTarget.value })}
      />
      <Select
        label="Event"
        all="All events"
        value={event}
        options={eventOptions}
        onChange={(event) => setFilter({ event })}
      />
      <Select
        label="About"
        all="About anything"
        value={entity}
        options={entityOptions()}
        onChange={(entity) => setFilter({ entity })}
      />
      <Select
        label="Verdict"
        all="Any verdict"
        value={verdict}
        options={verdictOptions}
        onChange={(verdict) => setFilter({ verdict: verdict as Verdict | undefined })}
      />
      <Button kind="plain" disabled={!isFiltered} onClick={clearFilter}>
        Clear
      </Button>
    </search>
  );
}
