/** How fast simulated time goes. */
import { simulation } from "../feed/simulation.js";
import { control, mayControl } from "./control.js";
import { latest } from "./latest.js";

const speeds = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 1000] as const;
/** Below this share of what was asked for, it is said. */
const achievedShareMin = 0.9;

/** One step faster (1) or slower (-1). */
export function changeSpeed(step: 1 | -1): void {
  const now = simulation.value?.speed ?? 1;
  const next = step === 1 ? speeds.find((speed) => speed > now) : speeds.findLast((speed) => speed < now);
  if (next !== undefined && mayControl.value) void control("speed", { speed: next });
}

export function Speed({ speed }: { readonly speed: number }) {
  const options = [...new Set([...speeds, speed])].sort((a, b) => a - b);
  const { state, speedAchieved } = latest.value ?? { state: "paused", speedAchieved: speed };
  const isBehind = state === "playing" && speedAchieved < achievedShareMin * speed;
  return (
    <div class="speed">
      <select
        class="field"
        aria-label="Speed"
        value={String(speed)}
        disabled={!mayControl.value}
        title="Simulated seconds a second ([ slower, ] faster)"
        onChange={({ currentTarget }) => void control("speed", { speed: Number(currentTarget.value) })}
      >
        {options.map((each) => (
          <option key={each} value={String(each)}>{`${each}×`}</option>
        ))}
      </select>
      {isBehind && (
        <small
          class="down"
          title="This machine does not reach the speed"
        >{`${speedAchieved.toFixed(1)}× reached`}</small>
      )}
    </div>
  );
}
