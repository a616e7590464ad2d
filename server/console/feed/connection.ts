/**
 * The Socket.IO connection: its state, its transport, and who listens to its events.
 *
 * Events wait for the next frame. Each then goes to the log and the rate first, then to the listeners, in the order
 * in which it came.
 */
import { signal } from "@preact/signals";
import { io } from "socket.io-client";
import type { EventName, EventPayloads } from "../../../schemas/events.js";
import { at } from "./base-path.js";
import { eventLog, noteSkipped, recordEvent } from "./event-log.js";
import { beforeNextFrame } from "./frame.js";
import { Intake } from "./intake.js";

export type ConnectionState = "connecting" | "live" | "lost";

export const connection = signal<ConnectionState>("connecting");
/** Epoch milliseconds of the last change of `connection`. */
export const connectionSince = signal(Date.now());
/** "websocket" or "polling", or undefined without a connection. */
export const transport = signal<string | undefined>(undefined);

const intake = new Intake(recordEvent);

/** Calls back for each event of this name, before the frame is drawn: write to a map and use `atNextFrame`. Returns how to stop it. */
export function onEvent<Name extends EventName>(
  name: Name,
  listener: (payload: EventPayloads[Name]) => void,
): () => void {
  return intake.listen(name, listener);
}

function takeIn(): void {
  intake.take();
  noteSkipped(intake.skipped);
}

/**
 * Tells the listeners once more of what came after an event: a fetch that was under way meanwhile may have
 * brought older values. Events carry states, not differences, so hearing one twice changes nothing.
 */
export function replayAfter(sequence: number): void {
  intake.replay(eventLog.toArray().filter((event) => event.sequence > sequence));
  noteSkipped(intake.skipped);
}

function setState(state: ConnectionState): void {
  if (connection.value === state) return;
  connection.value = state;
  connectionSince.value = Date.now();
}

/**
 * Connects, and stays connected; `onConnect` runs at every (re)connection. Returns how to begin anew: what is on its
 * way is dropped, and everything is fetched.
 */
export function connect(onConnect: () => void): () => void {
  const socket = io({ path: at("/socket.io/"), reconnectionDelayMax: 2000 });
  socket.on("connect", () => {
    const { engine } = socket.io;
    transport.value = engine.transport.name;
    engine.on("upgrade", () => (transport.value = engine.transport.name));
    // Before it is live: nothing that was fetched on the connection before counts as fetched on this one.
    onConnect();
    setState("live");
  });
  socket.on("disconnect", (reason) => {
    transport.value = undefined;
    setState(reason === "io client disconnect" ? "connecting" : "lost");
  });
  socket.on("connect_error", () => {
    if (connection.value === "live") setState("lost");
  });
  socket.onAny((name: string, ...args: unknown[]) => {
    const isFull = intake.push({ name, args, receivedMs: Date.now() });
    // A hidden tab gets no frames.
    if (isFull || document.hidden) takeIn();
    else beforeNextFrame(takeIn);
  });
  return () => {
    intake.drop();
    socket.disconnect().connect();
  };
}
