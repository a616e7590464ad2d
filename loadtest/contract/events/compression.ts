/**
 * Whether a server compresses (permessage-deflate): it is offered once, as browsers do. The checker's own clients offer
 * nothing (no-compression.ts).
 */
import { WebSocket } from "ws";
import type { Target } from "../../core/target.js";

/** What was agreed; undefined where there was no connection to agree on anything. */
export type AgreedCompression = "permessage-deflate" | "none" | undefined;

/** Longer than a handshake that is refused or answered; the connection ends with the answer. */
const payloadBytesMax = 65_536;

/** @param withinMs the longest wait for the answer, milliseconds */
export function offerCompression({ subscribers }: Target, withinMs: number): Promise<AgreedCompression> {
  const { origin, path, headers } = subscribers;
  const address = `${origin.replace(/^http/, "ws")}${path}?EIO=4&transport=websocket`;
  return new Promise((resolve) => {
    const options = { headers: { ...headers }, handshakeTimeout: withinMs, maxPayload: payloadBytesMax };
    const socket = new WebSocket(address, options);
    socket.once("open", () => {
      resolve(socket.extensions.startsWith("permessage-deflate") ? "permessage-deflate" : "none");
      socket.terminate();
    });
    socket.on("error", () => resolve(undefined));
  });
}
