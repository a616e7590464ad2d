/** Listens to a server in this process without a connection: an event has arrived once it is emitted. */
import { setTimeout as delay } from "node:timers/promises";
import { eventNames } from "../../schemas/index.js";
import type { ValidEvent } from "./events/event-judge.js";
import type { EventListener, Listening } from "./events/listening.js";
import type { ReferenceEvent } from "./reference/reference-server.fixture.js";

export interface ListeningInProcess extends Listening {
  take(event: ReferenceEvent): void;
}

export function createListeningInProcess(): ListeningInProcess {
  const listeners = new Set<EventListener>();
  return {
    connected: ["websocket"],
    take([event, payload]) {
      if (!eventNames.some((name) => name === event)) return;
      for (const listener of listeners) listener({ event, payload } as ValidEvent, "websocket");
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    expectEvent(matches) {
      const startedMs = performance.now();
      const arrived = new Promise<{ event: ValidEvent; tookMs: number }>((resolve) => {
        const listener: EventListener = (event) => {
          if (!matches(event)) return;
          listeners.delete(listener);
          resolve({ event, tookMs: performance.now() - startedMs });
        };
        listeners.add(listener);
      });
      return {
        async within(limitMs) {
          const timer = new AbortController();
          const late = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
          const event = await Promise.race([arrived, late]);
          timer.abort();
          return event;
        },
      };
    },
    finish: () => Promise.resolve([]),
  };
}
