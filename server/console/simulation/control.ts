/** Moving the simulation about: one move at a time, and what came of the last one. */
import { computed, effect, signal } from "@preact/signals";
import type { DeletedRows, Simulation } from "../../../schemas/generated/types.js";
import { connection } from "../feed/connection.js";
import { RestError, explain, getJson } from "../feed/rest.js";
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

/** Whether the server refuses what it was asked with the token. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RestError && (error.status === 401 || error.status === 403);

/** Tries the token at each connection and whenever it is another, so that a wrong one does not look right until used. Returns how to stop it. */
export function watchToken(): () => void {
  return effect(() => {
    const tried = token.value;
    isTokenRefused.value = false;
    if (tried === undefined || connection.value !== "live") return;
    getJson("/api/simulation/commands?limit=1", { withToken: true }).catch((error: unknown) => {
      if (token.value === tried && isRefusal(error)) isTokenRefused.value = true;
    });
  });
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
    isTokenRefused.value = isRefusal(error);
    outcome.value = isTokenRefused.value ? undefined : { failed: true, text: explain(error) };
    return false;
  } finally {
    moving.value = undefined;
  }
}
