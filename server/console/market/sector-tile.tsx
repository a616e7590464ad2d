/** One sector: name, value, change and its last hours, as large as its weight in the index. */
import { formatAge, formatPercent, formatPrice } from "../design/format.js";
import { Arrow, directionOf } from "../design/trend.js";
import { ageOf } from "../feed/freshness.js";
import { sectorHistory } from "../feed/history.js";
import type { LiveSector } from "../feed/market.js";
import { heatOf, percentOf } from "./heat.js";
import { selectSector, selectedId } from "./selection.js";
import { Sparkline } from "./sparkline.js";
import type { Rectangle } from "./treemap.js";

/** A component of its own, because it changes once a second and the value many times. */
function Line({ sectorId }: { readonly sectorId: string }) {
  return <Sparkline minutes={sectorHistory(sectorId).value} />;
}

/** How long ago the value came; nothing where it is as new as can be. */
function Age({ sector }: { readonly sector: LiveSector }) {
  const { ms, isNoted } = ageOf(sector.quote.value);
  return isNoted ? <span class="tile-age">{`${formatAge(ms)} old`}</span> : null;
}

export interface SectorTileProps {
  readonly sector: LiveSector;
  /** Of the whole, in percent of its width and height. */
  readonly place: Rectangle;
}

export function SectorTile({ sector, place }: SectorTileProps) {
  const { facts, quote } = sector;
  const { value } = quote.value;
  const percent = percentOf(value, facts.open);
  const direction = directionOf(percent);
  return (
    <button
      type="button"
      class={`tile ${direction}-tile`}
      style={{
        left: `${place.x}%`,
        top: `${place.y}%`,
        width: `${place.width}%`,
        height: `${place.height}%`,
        "--heat": `${heatOf(percent)}%`,
      }}
      aria-pressed={selectedId.value === sector.id}
      title={`${facts.name}: ${(facts.indexWeight * 100).toFixed(1)}\u202f% of the index`}
      data-sector={sector.id}
      onClick={() => selectSector(selectedId.value === sector.id ? undefined : sector.id)}
    >
      <span class="tile-body">
        <span class="tile-name">{facts.name}</span>
        <span class="tile-value">{formatPrice(value)}</span>
        <span class="tile-change">
          <Arrow direction={direction} /> {formatPercent(percent)}
        </span>
        <Age sector={sector} />
      </span>
      <Line sectorId={sector.id} />
    </button>
  );
}
