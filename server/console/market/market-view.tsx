/** The market: the index, or the chart of the sector that is looked at, above all sectors; agents and talk beside it. */
import { AgentsPanel } from "../agents/agents-panel.js";
import { DiscussionsPanel } from "../discussions/discussions-panel.js";
import { Button } from "../design/button.js";
import { ErrorState } from "../design/notice.js";
import { fetched } from "../feed/feed-state.js";
import { ChartPanel } from "./chart/chart-panel.js";
import { IndexPanel } from "./index-panel.js";
import "./market.css";
import { SectorMap } from "./sector-map.js";
import { selectSector, selected, selectedId } from "./selection.js";

function Focus() {
  if (selectedId.value === undefined) return <IndexPanel />;
  if (selected.value !== undefined) return <ChartPanel key={selected.value.id} sector={selected.value} />;
  if (fetched.value.state !== "fresh") return null;
  return (
    <ErrorState title={`There is no sector ${selectedId.value} here`}>
      <p>It was deleted, or the link is of another market.</p>
      <Button onClick={() => selectSector(undefined)}>Show the index</Button>
    </ErrorState>
  );
}

export function MarketView() {
  return (
    <div class="columns">
      <div class="column">
        <Focus />
        <SectorMap />
      </div>
      <div class="column rail">
        <AgentsPanel />
        <DiscussionsPanel />
      </div>
    </div>
  );
}
