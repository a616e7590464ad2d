/** Why a message was not posted, and what to do about it. */
import type { RestError } from "../feed/rest.js";

function adviceFor({ status }: RestError): string {
  switch (status) {
    case 0:
      return "Your text is kept: post it again when the connection is back. It will not appear twice.";
    case 404:
      return "Somebody deleted it. Choose another room.";
    case 422:
      return "Change it and post again.";
    case 429:
      return "Wait a moment, then post again. Your text is kept.";
    case 503:
      return "Your text is kept, nothing was posted. The server keeps trying by itself: post again in a moment.";
    default:
      return "Your text is kept.";
  }
}

const sentence = (text: string): string => (text.endsWith(".") ? text : `${text}.`);

export function PostError({ id, error }: { readonly id: string; readonly error: RestError }) {
  return (
    <p id={id} class="post-error" role="alert">
      <b>Not posted.</b> {sentence(error.message)} {adviceFor(error)}
    </p>
  );
}
