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

class ResponseStream implements EventStream {
  readonly status: number;
  readonly mediaType: string;
  readonly #controller: AbortController;
  readonly #signal: AbortSignal;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #text = "";
  #problem: string | undefined;

  constructor(response: Response, controller: AbortController, signal: AbortSignal) {
    this.status = response.status;
    this.mediaType = (response.headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
    this.#reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
    this.#controller = controller;
    this.#signal = signal;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  async next(nextMs: number): Promise<string | undefined> {
    const deadline = startDeadline(nextMs, this.#signal);
    // A read that was waited for too long is not taken up again, so the stream ends with it.
    deadline.signal.addEventListener("abort", () => this.close(), { once: true });
    try {
      for (;;) {
        const data = this.#take();
        if (data !== undefined) return data;
        const chunk = await this.#reader?.read();
        if (chunk === undefined || chunk.done) return undefined;
        this.#text += this.#decode(chunk.value);
        if (this.#text.length <= eventCharactersMax) continue;
        this.#problem = `has no end of an event within ${eventCharactersMax} characters`;
        this.close();
        return undefined;
      }
    } catch {
      this.#signal.throwIfAborted();
      return undefined;
    } finally {
      deadline.cancel();
    }
  }

  close(): void {
    this.#controller.abort();
  }

  /** The data of the first whole event in the text that has any. */
  #take(): string | undefined {
    for (let end = this.#text.search(blankLine); end >= 0; end = this.#text.search(blankLine)) {
      const lines = this.#text.slice(0, end).split(/\r\n|[\r\n]/);
      this.#text = this.#text.slice(end).replace(blankLine, "");
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).replace(/^ /, ""));
      if (data.length > 0) return data.join("\n");
    }
    return undefined;
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#decoder.decode(chunk, { stream: true });
    } catch (error) {
      this.#problem = "is not valid UTF-8";
      this.close();
      throw error;
    }
  }
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
  try {
    const response = await fetch(url, {
      headers: { ...headers, Accept: "text/event-stream" },
      signal: controller.signal,
    });
    return new ResponseStream(response, controller, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    opening.cancel();
  }
}
