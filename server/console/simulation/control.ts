/** Moving the simulation about: one move at a time, and what came of the last one. */
import { computed, signal } from "@preact/signals";
import type { DeletedRows, Simulation } from "../../../schemas/generated/types.js";
import { RestError, explain } from "../feed/rest.js";
import { type Move, move } from "../feed/simulation.js";
import { token } from "../feed/token.js";

/** The move that is under way. */
export const moving = signal<Move | undefined>(undefined);
/** What the last move did or why it did not, for people. */
export const outcome = signal<{ readonly failed: boolean; readonly text: string } | undefined>(undefined);
/** True once the server has refused the token. */
export const isTokenRefused = signal(false);
/** Whether the controls work: otherwise the console only watches. */
export const mayControl = computed(() => token.value !== undefined && !isTokenRefused.value);

const plural = (count: number, word: string) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

function describe({ messages, candles, commands }: DeletedRows): string {
  const parts = [plural(messages, "message"), plural(candles, "candle"), plural(commands, "command")];
  return messages + candles + commands === 0 ? "" : `Deleted: ${parts.join(", ")}.`;
}

/** Does a move; false where it failed, and `outcome` says why. */
export async function control(name: Move, body: object = {}): Promise<boolean> {
  if (moving.value !== undefined && name !== "pause") return false;
  moving.value = name;
  try {
    const { deleted } = (await move(name, body)) as Simulation & { deleted?: DeletedRows };
    const text = deleted === undefined ? "" : describe(deleted);
    outcome.value = text === "" ? undefined : { failed: false, text };
    return true;
  } catch (error) {
    isTokenRefused.value = error instanceof RestError && (error.status === 401 || error.status === 403);
    outcome.value = isTokenRefused.value ? undefined : { failed: true, text: explain(error) };
    return false;
  } finally {
    moving.value = undefined;
  }
}
