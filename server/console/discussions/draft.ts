/**
 * What is being written in each room, and posting it.
 *
 * A draft outlives its form: who looks into another room or view finds it again. One whose answer was lost
 * keeps its key, so that posting it again cannot say it twice.
 */
import { type Signal, signal } from "@preact/signals";
import { RestError, postJson } from "../feed/rest.js";
import { authorOfPost } from "./author.js";

export interface Draft {
  readonly text: Signal<string>;
  readonly state: Signal<"writing" | "posting" | RestError>;
}

const drafts = new Map<string, Draft>();

export function draftIn(roomId: string): Draft {
  const draft = drafts.get(roomId) ?? { text: signal(""), state: signal<Draft["state"]["value"]>("writing") };
  drafts.set(roomId, draft);
  return draft;
}

/** The last body that was sent and whose fate is unknown, with its key. */
let unsettled: { readonly path: string; readonly body: string; readonly key: string } | undefined;

function keyOf(path: string, body: string): string {
  if (unsettled?.path !== path || unsettled.body !== body) {
    const random = crypto.getRandomValues(new Uint32Array(4));
    unsettled = { path, body, key: [...random].map((part) => part.toString(36)).join("-") };
  }
  return unsettled.key;
}

/** Posts the draft, and empties it when the server has it. */
export async function post(roomId: string): Promise<void> {
  const { text, state } = draftIn(roomId);
  // A blank form has nothing to say, and nothing to complain of.
  if (state.value === "posting" || text.value.trim() === "") return;
  state.value = "posting";
  const path = `/api/discussions/${encodeURIComponent(roomId)}/messages`;
  const body = { content: text.value, ...authorOfPost() };
  try {
    await postJson(path, body, { idempotencyKey: keyOf(path, JSON.stringify(body)) });
    unsettled = undefined;
    // What was written meanwhile is the next message.
    if (text.value.startsWith(body.content)) text.value = text.value.slice(body.content.length);
    state.value = "writing";
  } catch (error) {
    state.value = error instanceof RestError ? error : new RestError(0, String(error), { cause: error });
  }
}
