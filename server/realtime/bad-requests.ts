/**
 * Connections that Node's HTTP server gives up on, because they are silent, too slow or speak no HTTP: answered as
 * Node itself does where nobody listens, and counted.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { LabelCounter } from "./counters.js";

const timeoutCode = "ERR_HTTP_REQUEST_TIMEOUT";

/** Node's name for the response under way, if any: another one amid it would be garbage. */
interface RespondingSocket extends Socket {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** What a connection did wrong, or null when it only broke. */
function faultOf({ code = "" }: NodeJS.ErrnoException, socket: Socket): string | null {
  if (code === timeoutCode) return socket.bytesRead === 0 ? "silent" : "slowRequest";
  return code.startsWith("HPE_") ? "malformed" : null;
}

const answers: Readonly<Record<string, string>> = {
  [timeoutCode]: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
};

/** Counts the connections that an HTTP server gives up on. */
export function countBadRequests(server: Server, refused: LabelCounter): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: RespondingSocket) => {
    const fault = faultOf(error, socket);
    if (fault !== null) refused.add(fault);
    if (socket.writable && socket._httpMessage?.headersSent !== true)
      socket.write(`HTTP/1.1 ${answers[error.code ?? ""] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
    socket.destroySoon();
  });
}
