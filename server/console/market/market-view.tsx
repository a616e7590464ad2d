/** The market: index and sectors. */
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { Arrow, directionOf } from "../design/trend.js";
import { formatPercent, formatPrice } from "../design/format.js";
import { AgentsPanel } from "../agents/agents-panel.js";
import { DiscussionsPanel } from "../discussions/discussions-panel.js";
import { type LiveSector, indexQuote, sectors } from "../feed/market.js";

function SectorRow({ sector }: { readonly sector: LiveSector }) {
  const { value } = sector.quote.value;
  const percent = (100 * (value - sector.facts.open)) / sector.facts.open;
  return (
    <tr>
      <th scope="row">{sector.facts.name}</th>
      <td>{formatPrice(value)}</td>
      <td>
        <Arrow direction={directionOf(percent)} /> {formatPercent(percent)}
      </td>
    </tr>
  );
}

export function MarketView() {
  return (
    <div class="columns">
      <div class="column">
        <Panel id="index" title="Index">
          <p class="big">{indexQuote.value === undefined ? "–" : formatPrice(indexQuote.value.value)}</p>
        </Panel>
        <Panel id="sectors" title="Sectors">
          {sectors.value.length === 0 ? (
            <EmptyState title="No sectors">Create one with POST /api/sectors.</EmptyState>
          ) : (
            <table class="table">
              <tbody>
                {sectors.value.map((sector) => (
                  <SectorRow key={sector.id} sector={sector} />
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      </div>
      <div class="column rail">
        <AgentsPanel />
        <DiscussionsPanel />
      </div>
    </div>
  );
}
