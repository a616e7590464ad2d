/** The documentation's usage example, verbatim but for the address, as one function of the client library. */
import type { io as clientIo } from "socket.io-client";

/** What the example printed: each event's first payload, under the words that the example prints before it. */
export type Printed = Map<string, unknown>;

/** Runs the example; `console` and the address are the only things put in its place. */
export function runUsageExample(
  io: typeof clientIo,
  url: string,
  options: object,
  print: (words: string, data?: unknown) => void,
) {
  const console = { log: print };

  const socket = io(url, {
    path: "/socket.io/",
    ...options,
  });

  socket.on("connect", () => {
    console.log("Connected to MAX realtime server");
  });

  socket.on("market:update", (data) => {
    console.log("Market update:", data);
  });

  socket.on("sector:candle_update", (data) => {
    console.log("Candle update:", data);
  });

  socket.on("discussion:new_message", (data) => {
    console.log("New message:", data);
  });

  socket.on("agent:status_update", (data) => {
    console.log("Agent status:", data);
  });

  return socket;
}

export const expectedWords = ["Market update:", "Candle update:", "New message:", "Agent status:"];
