/**
 * The stock client's polling transport with a limit: by itself it collects an answer for as long as a server sends,
 * and copies all of it for each part.
 */
import { NodeXHR } from "socket.io-client";
import { messageBytesMax } from "./message-reader.js";

/** Of one answer, which holds all packets since the last one. */
export const pollingAnswerBytesMax = 8 * messageBytesMax;

/** The part of XMLHttpRequest that is used here; `response` is replaced with each part that arrives. */
interface RunningRequest {
  response: Buffer;
  abort(): void;
}

/** A polling transport that reports an answer that is too long, and aborts its request. */
export function boundPolling(onTooLong: () => void): typeof NodeXHR {
  return class BoundedPolling extends NodeXHR {
    override request(options?: Record<string, unknown>): ReturnType<NodeXHR["request"]> {
      const request = super.request(options);
      const running = Reflect.get(request, "_xhr") as RunningRequest;
      let { response } = running;
      Object.defineProperty(running, "response", {
        get: () => response,
        set: (longer: Buffer) => {
          response = longer;
          if (longer.length <= pollingAnswerBytesMax) return;
          onTooLong();
          running.abort();
        },
      });
      return request;
    }
  };
}
