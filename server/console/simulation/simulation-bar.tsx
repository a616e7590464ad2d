/**
 * The bar at the foot of the page: what is being simulated, for everybody; moving it about, for who has the token.
 */
import { useEffect } from "preact/hooks";
import { Badge, type Tone } from "../design/badge.js";
import { Button } from "../design/button.js";
import { formatDate, formatTime } from "../design/format.js";
import { simulatedMs, simulation } from "../feed/simulation.js";
import { useShortcuts } from "../shell/shortcuts.js";
import { mayControl, outcome, watchToken } from "./control.js";
import { Fingerprint } from "./fingerprint.js";
import { followLatest } from "./latest.js";
import { NewMarket, isNewMarketOpen } from "./new-market.js";
import { followScenarios, scenario } from "./scenarios.js";
import "./simulation.css";
import { Speed, changeSpeed } from "./speed.js";
import { Timeline } from "./timeline.js";
import { TokenForm } from "./token-form.js";
import { Transport, playOrPause, step } from "./transport.js";

const tones: Readonly<Record<string, Tone>> = { playing: "good", seeking: "busy", paused: "quiet", ended: "quiet" };

function openNewMarket(): void {
  if (mayControl.value) isNewMarketOpen.value = true;
}

/** What the last move did, read out politely. */
function Outcome() {
  const said = outcome.value;
  return (
    <div class="outcome" role="status">
      {said !== undefined && (
        <p class={said.failed ? "failed" : ""}>
          {said.text}{" "}
          <Button kind="icon" aria-label="Close" onClick={() => (outcome.value = undefined)}>
            ✕
          </Button>
        </p>
      )}
    </div>
  );
}

export function SimulationBar() {
  useEffect(followLatest, []);
  useEffect(followScenarios, []);
  useEffect(watchToken, []);
  useShortcuts([
    { key: " ", does: "Play or pause", group: "Simulation", run: playOrPause },
    { key: ".", does: "Step one tick", group: "Simulation", run: () => step(1) },
    { key: ">", does: "Step a hundred ticks", group: "Simulation", run: () => step(100) },
    { key: "]", does: "Faster", group: "Simulation", run: () => changeSpeed(1) },
    { key: "[", does: "Slower", group: "Simulation", run: () => changeSpeed(-1) },
    { key: "n", does: "Start another market", group: "Simulation", run: openNewMarket },
  ]);
  const state = simulation.value;
  const nowMs = simulatedMs.value;
  if (state === undefined || nowMs === undefined) {
    return (
      <section class="simulation-bar" aria-label="Simulation">
        <span>Waiting for the simulation …</span>
      </section>
    );
  }
  return (
    <section class="simulation-bar" aria-label="Simulation">
      <Outcome />
      <Transport />
      <div class="sim-clock">
        <b>{formatTime(nowMs)}</b>
        <small>{`${formatDate(nowMs)} UTC`}</small>
      </div>
      <span class="sim-state">
        <Badge tone={tones[state.state] ?? "quiet"}>{state.state}</Badge>
      </span>
      <Timeline startMs={Date.parse(state.start)} nowMs={nowMs} />
      <Speed speed={state.speed} />
      <Button
        title="Start another market (n)"
        disabled={!mayControl.value}
        aria-label={`${scenario.value?.title ?? state.scenario} seed ${state.seed}: start another market`}
        onClick={openNewMarket}
      >
        <span class="sim-market">
          <b>{scenario.value?.title ?? state.scenario}</b> <small>seed {state.seed}</small>
        </span>
      </Button>
      <Fingerprint />
      {!mayControl.value && <TokenForm />}
      <NewMarket />
    </section>
  );
}
