/** Says something in a room, as oneself or for an agent. */
import type { Discussion } from "../../../schemas/generated/types.js";
import { Button } from "../design/button.js";
import { countCharacters } from "../design/format.js";
import { agents } from "../feed/agents.js";
import { ownName, setOwnName, speaksFor } from "./author.js";
import { draftIn, post } from "./draft.js";
import { PostError } from "./post-error.js";

/** Characters. */
const contentLengthMax = 4000;
/** Less room than this is told. */
const lengthLeftTold = 400;

function Author() {
  return (
    <>
      <select
        class="field"
        aria-label="Post as"
        value={speaksFor.value ?? ""}
        onChange={({ currentTarget }) => (speaksFor.value = currentTarget.value || undefined)}
      >
        <option value="">As myself</option>
        {agents.value.map(({ id, name }) => (
          <option key={id} value={id}>
            As {name}
          </option>
        ))}
      </select>
      {speaksFor.value === undefined && (
        <input
          class="field"
          aria-label="Your name"
          placeholder="Your name"
          autocomplete="nickname"
          value={ownName.value ?? ""}
          onInput={({ currentTarget }) => setOwnName(currentTarget.value)}
        />
      )}
    </>
  );
}

function LengthLeft({ length }: { readonly length: number }) {
  const left = contentLengthMax - length;
  if (left > lengthLeftTold) return <small class="post-hint">Enter posts, Shift+Enter begins a line.</small>;
  return <small class={left < 0 ? "post-hint bad" : "post-hint"}>{left} characters left</small>;
}

export function PostForm({ room }: { readonly room: Discussion }) {
  const { text, state } = draftIn(room.id);
  const error = typeof state.value === "string" ? undefined : state.value;
  const submit = () => void post(room.id);
  return (
    <form
      class="post"
      aria-label={`Post in ${room.title}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error !== undefined && <PostError id="post-error" error={error} />}
      <textarea
        class="field"
        aria-label="Message"
        placeholder={`Say something in ${room.title}`}
        rows={2}
        value={text.value}
        aria-invalid={error?.status === 422}
        aria-describedby={error === undefined ? undefined : "post-error"}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          if (error !== undefined) state.value = "writing";
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      <div class="post-row">
        <Author />
        <LengthLeft length={countCharacters(text.value)} />
        <Button kind="primary" type="submit" aria-disabled={state.value === "posting"}>
          {state.value === "posting" ? "Posting …" : "Post"}
        </Button>
      </div>
    </form>
  );
}
