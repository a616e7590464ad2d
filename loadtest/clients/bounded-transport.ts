/**
 * The stock client's transports with limits. By itself it collects a polling answer for as long as a server sends, and
 * copies all of it for each part; and it answers every ping, whether the server reads the answers or not.
 */
import { NodeWebSocket, NodeXHR } from "socket.io-client";
import { messageBytesMax } from "./message-reader.js";
import { unreadAnswersReason, unreadBytesMax } from "./unread-answers.js";

/** Of one answer, which holds all packets since the last one. */
const pollingAnswerBytesMax = 8 * messageBytesMax;

/** The part of XMLHttpRequest that is used here; `response` is replaced with each part that arrives. */
interface RunningRequest {
  response: Buffer;
  abort(): void;
}

/** The part of a WebSocket of `ws` that is used here. */
interface RunningWebSocket {
  readonly bufferedAmount: number;
  on(event: "ping", listener: () => void): void;
  terminate(): void;
}

/** A transport that says which limit the server exceeded, and lets go of the connection. */
export function boundTransport(
  kind: "websocket" | "polling",
  onExceeded: (reason: string) => void,
): typeof NodeWebSocket | typeof NodeXHR {
  return kind === "polling" ? boundPolling(onExceeded) : boundWebSocket(onExceeded);
}

function boundPolling(onExceeded: (reason: string) => void): typeof NodeXHR {
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
          onExceeded(`more than ${pollingAnswerBytesMax} bytes in one polling answer`);
          running.abort();
        },
      });
      return request;
    }
  };
}

function boundWebSocket(onExceeded: (reason: string) => void): typeof NodeWebSocket {
  function check(socket: RunningWebSocket): void {
    if (socket.bufferedAmount <= unreadBytesMax) return;
    onExceeded(unreadAnswersReason);
    socket.terminate();
  }
  return class BoundedWebSocket extends NodeWebSocket {
    override createSocket(...args: Parameters<NodeWebSocket["createSocket"]>): RunningWebSocket {
      const socket = super.createSocket(...args) as RunningWebSocket;
      // `ws` has answered by then.
      socket.on("ping", () => check(socket));
      return socket;
    }

    override doWrite(...args: Parameters<NodeWebSocket["doWrite"]>): void {
      const socket = this.ws as RunningWebSocket;
      super.doWrite(...args);
      check(socket);
    }
  };
}
