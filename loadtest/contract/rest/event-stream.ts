/** Reads server-sent events, as far as the simulation's stream needs it: the data of one event after the other. */
import { startDeadline } from "../../core/deadline.js";

export interface EventStream {
  readonly status: number;
  /** Without parameters, in lower case. */
  readonly mediaType: string;
  /** The next event's data; undefined where none comes within the limit, or the stream ends. */
  next(limitMs: number): Promise<string | undefined>;
  /** What the server sent that is no event stream, as in "the stream ..."; undefined where it has sent none such. */
  readonly problem: string | undefined;
  close(): void;
}

/** Characters of one event, and of the comments before it. */
const eventCharactersMax = 1024 * 1024;
const blankLine = /(?:\r\n|\r(?!\n)|\n){2}/;

export interface EventStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Until the answer begins. */
  readonly answerMsMax: number;
  /** Ends every wait, which then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Closes the stream where nobody did. */
  readonly grace: AbortSignal;
}

/** Undefined where the server does not answer within the limit. */
export async function openEventStream(
  url: URL,
  { headers, answerMsMax, signal, grace }: EventStreamOptions,
): Promise<EventStream | undefined> {
  const controller = new AbortController();
  grace.addEventListener("abort", () => controller.abort(), { once: true });
  const opening = startDeadline(answerMsMax, signal);
  opening.signal.addEventListener("abort", () => controller.abort(), { once: true });
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, Accept: "text/event-stream" }, signal: controller.signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    opening.cancel();
  }
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let problem: string | undefined;

  /** The data of the first whole event in the text that has any. */
  function take(): string | undefined {
    for (let end = text.search(blankLine); end >= 0; end = text.search(blankLine)) {
      const lines = text.slice(0, end).split(/\r\n|[\r\n]/);
      text = text.slice(end).replace(blankLine, "");
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).replace(/^ /, ""));
      if (data.length > 0) return data.join("\n");
    }
    return undefined;
  }

  function decode(chunk: Uint8Array): string {
    try {
      return decoder.decode(chunk, { stream: true });
    } catch (error) {
      problem = "is not valid UTF-8";
      controller.abort();
      throw error;
    }
  }

  return {
    status: response.status,
    get problem() {
      return problem;
    },
    mediaType: (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase(),
    async next(nextMs) {
      const deadline = startDeadline(nextMs, signal);
      // A read that was waited for too long is not taken up again, so the stream ends with it.
      deadline.signal.addEventListener("abort", () => controller.abort(), { once: true });
      try {
        for (;;) {
          const data = take();
          if (data !== undefined) return data;
          const chunk = await reader?.read();
          if (chunk === undefined || chunk.done) return undefined;
          text += decode(chunk.value);
          if (text.length <= eventCharactersMax) continue;
          problem = `has no end of an event within ${eventCharactersMax} characters`;
          controller.abort();
          return undefined;
        }
      } catch {
        signal.throwIfAborted();
        return undefined;
      } finally {
        deadline.cancel();
      }
    },
    close: () => controller.abort(),
  };
}
