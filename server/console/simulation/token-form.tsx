/** Said where the console only watches: why, and how to take control. */
import { useSignal } from "@preact/signals";
import { Button } from "../design/button.js";
import { setToken } from "../feed/token.js";
import { isTokenRefused } from "./control.js";

export function TokenForm() {
  const isOpen = useSignal(isTokenRefused.value);
  const typed = useSignal("");
  if (!isOpen.value && !isTokenRefused.value) {
    return (
      <p class="read-only">
        Read-only.{" "}
        <Button kind="plain" onClick={() => (isOpen.value = true)}>
          Take control …
        </Button>
      </p>
    );
  }
  return (
    <form
      class="read-only"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.value.trim() === "") return;
        setToken(typed.value.trim());
      }}
    >
      <label>
        <span class={isTokenRefused.value ? "read-only-refused" : ""} role={isTokenRefused.value ? "alert" : undefined}>
          {isTokenRefused.value ? "The server refuses this token." : "Control token"}
        </span>{" "}
        <input
          class="field"
          type="password"
          autoComplete="off"
          placeholder="from .max/token"
          value={typed.value}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <Button type="submit">Use it</Button>
    </form>
  );
}
