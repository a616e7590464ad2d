/** Play, pause, step. */
import { Button } from "../design/button.js";
import { simulation } from "../feed/simulation.js";
import { control, mayControl } from "./control.js";

const isRunning = (): boolean => simulation.value?.state === "playing" || simulation.value?.state === "seeking";

export function playOrPause(): void {
  if (mayControl.value) void control(isRunning() ? "pause" : "play");
}

/** Runs some ticks at once, and pauses. */
export function step(ticks: number): void {
  if (mayControl.value) void control("step", { ticks });
}

export function Transport() {
  const running = isRunning();
  return (
    <div class="transport" role="group" aria-label="Transport">
      <Button
        kind="primary"
        aria-label={running ? "Pause" : "Play"}
        title={running ? "Pause (Space)" : "Play (Space)"}
        disabled={!mayControl.value}
        onClick={playOrPause}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          {running ? <path d="M3 2h4v12H3zM9 2h4v12H9z" /> : <path d="M4 2l10 6-10 6z" />}
        </svg>
      </Button>
      <Button aria-label="Step one tick" title="Step one tick (.)" disabled={!mayControl.value} onClick={() => step(1)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 2l8 6-8 6zM11 2h3v12h-3z" />
        </svg>
      </Button>
    </div>
  );
}
