/** Starting again: from another seed, with another scenario, or the same from its start. */
import { signal, useSignal } from "@preact/signals";
import { Button } from "../design/button.js";
import { ErrorState } from "../design/notice.js";
import { Sheet } from "../design/sheet.js";
import { simulation } from "../feed/simulation.js";
import { control, moving, outcome } from "./control.js";
import { scenarios } from "./scenarios.js";

export const isNewMarketOpen = signal(false);

function Form({ close }: { readonly close: () => void }) {
  const seed = useSignal(simulation.value?.seed ?? "");
  const name = useSignal(simulation.value?.scenario ?? "");
  const failure = useSignal<string | undefined>(undefined);
  const chosen = scenarios.value.find((each) => each.name === name.value);

  async function start(event: Event): Promise<void> {
    event.preventDefault();
    failure.value = undefined;
    const isDone = await control("reset", { seed: seed.value, scenario: name.value });
    if (isDone) close();
    else failure.value = outcome.value?.text ?? "The server refuses the control token.";
  }

  return (
    <form class="new-market" onSubmit={(event) => void start(event)}>
      <label>
        Seed
        <input
          class="field"
          value={seed.value}
          required
          onInput={({ currentTarget }) => (seed.value = currentTarget.value)}
        />
      </label>
      <label>
        Scenario
        <select class="field" value={name.value} onChange={({ currentTarget }) => (name.value = currentTarget.value)}>
          {scenarios.value.map((each) => (
            <option key={each.name} value={each.name}>
              {each.title}
            </option>
          ))}
        </select>
      </label>
      <p class="new-market-about">{chosen?.description}</p>
      <p class="new-market-note">
        The market starts again at its first tick. What was said and traded since is deleted, for everybody. The same
        seed and scenario give the same market again.
      </p>
      {failure.value !== undefined && <ErrorState title="The market was not started">{failure.value}</ErrorState>}
      <div class="new-market-buttons">
        <Button onClick={close}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={moving.value !== undefined}>
          {moving.value === "reset" ? "Starting …" : "Start this market"}
        </Button>
      </div>
    </form>
  );
}

export function NewMarket() {
  if (!isNewMarketOpen.value) return null;
  return (
    <Sheet
      id="new-market"
      title="Start a market"
      class="narrow"
      hasClose={false}
      onClose={() => (isNewMarketOpen.value = false)}
    >
      {(close) => <Form close={close} />}
    </Sheet>
  );
}
