/** The index: its value, its change since the open, and the line of the last hours. */
import { formatAge, formatPercent, formatPrice, formatSigned, formatTime } from "../design/format.js";
import { Panel } from "../design/panel.js";
import { Arrow, directionOf } from "../design/trend.js";
import { ageOf } from "../feed/freshness.js";
import { indexHistory } from "../feed/history.js";
import { type Quote, indexOpen, indexQuote } from "../feed/market.js";
import { percentOf } from "./heat.js";
import { Sparkline } from "./sparkline.js";

function Figures({ quote }: { readonly quote: Quote }) {
  const open = indexOpen.value ?? quote.value;
  const percent = percentOf(quote.value, open);
  const direction = directionOf(percent);
  const { ms, isStale, isNoted } = ageOf(quote);
  return (
    <div class={isStale ? "index-figures stale" : "index-figures"}>
      <p class="index-value">{formatPrice(quote.value)}</p>
      <p class={`index-change ${direction}`}>
        <Arrow direction={direction} /> {formatSigned(quote.value - open)} <span>{formatPercent(percent)}</span>
      </p>
      <p class="index-note">{isNoted ? `${formatAge(ms)} old` : `since the open at ${formatPrice(open)}`}</p>
    </div>
  );
}

/** The line of the last hours, with its highest and lowest value and its times. */
function Line() {
  const minutes = indexHistory.value;
  const [first] = minutes;
  const last = minutes.at(-1);
  if (first === undefined || last === undefined || first === last) return <div class="index-line" />;
  const values = minutes.map(({ close }) => close);
  const [fromMs, toMs] = [first.atMs, last.atMs];
  const drawn = indexOpen.value === undefined ? values : [...values, indexOpen.value];
  return (
    <div class="index-line">
      <div class="index-plot">
        <Sparkline minutes={minutes} level={indexOpen.value} filled />
        <div class="index-scale">
          <span>{formatPrice(Math.max(...drawn))}</span>
          <span>{formatPrice(Math.min(...drawn))}</span>
        </div>
      </div>
      <div class="index-times" aria-hidden="true">
        {[0, 1 / 3, 2 / 3].map((share) => (
          <span key={share}>{formatTime(fromMs + share * (toMs - fromMs)).slice(0, 5)}</span>
        ))}
        <span>{formatTime(toMs).slice(0, 5)} UTC</span>
      </div>
    </div>
  );
}

export function IndexPanel() {
  const quote = indexQuote.value;
  return (
    <Panel id="index" title="Index" class="index-panel">
      <div class="index">
        {quote === undefined ? <p class="index-value">–</p> : <Figures quote={quote} />}
        <Line />
      </div>
    </Panel>
  );
}
