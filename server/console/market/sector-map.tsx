/** All sectors as a treemap; a tile opens its chart. */
import { useEffect, useRef, useState } from "preact/hooks";
import { EmptyState } from "../design/notice.js";
import { Panel } from "../design/panel.js";
import { at } from "../feed/base-path.js";
import { sectors } from "../feed/market.js";
import { fetched } from "../feed/feed-state.js";
import { fullColourPercent } from "./heat.js";
import { SectorTile } from "./sector-tile.js";
import { layOut } from "./treemap.js";

/** Which colour means what, and how much. */
function Legend() {
  const percent = `${fullColourPercent.value}\u202f%`;
  return (
    <p class="legend">
      <span class="down">▼ −{percent}</span>
      <i aria-hidden="true" />
      <span class="up">▲ +{percent}</span>
      <span class="legend-note">since the open; area is the weight in the index</span>
    </p>
  );
}

function Tiles() {
  const ref = useRef<HTMLDivElement>(null);
  // Only the proportions count: places are in percent.
  const [ratio, setRatio] = useState(2);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const contentRect = entry!.contentRect;
      if (contentRect.height > 0) setRatio(Math.round((contentRect.width / contentRect.height) * 20) / 20);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const list = sectors.value;
  const places = layOut(
    list.map(({ facts }) => facts.indexWeight),
    100 * ratio,
    100,
  );
  return (
    <div ref={ref} class="tiles">
      {list.map((sector, at) => {
        const { x, y, width, height } = places[at]!;
        return <SectorTile key={sector.id} sector={sector} place={{ x: x / ratio, y, width: width / ratio, height }} />;
      })}
    </div>
  );
}

export function SectorMap() {
  return (
    <Panel id="sectors" title="Sectors" actions={<Legend />} class="sector-map" flush>
      {sectors.value.length > 0 ? (
        <Tiles />
      ) : fetched.value.state === "fetching" ? (
        <EmptyState title="Fetching the sectors …" />
      ) : (
        <EmptyState title="There are no sectors">
          Create one: <code>POST /api/sectors</code>, explained in <a href={at("/docs/rest")}>the documentation</a>.
        </EmptyState>
      )}
    </Panel>
  );
}
