/** The bar at the foot of the page: what is being simulated. */
import { formatDate, formatTime } from "../design/format.js";
import { simulatedMs, simulation } from "../feed/simulation.js";

export function SimulationBar() {
  const state = simulation.value;
  const now = simulatedMs.value;
  return (
    <section class="simulation-bar" aria-label="Simulation">
      {state === undefined || now === undefined ? (
        <span>Waiting for the simulation …</span>
      ) : (
        <>
          <b>{state.state}</b>
          <span class="clock">
            {formatTime(now)} <small>{formatDate(now)} UTC</small>
          </span>
          <span>
            seed {state.seed}, {state.scenario}, {state.speed}×
          </span>
        </>
      )}
    </section>
  );
}
