/**
 * GET /api/simulation/events: the answer of GET /api/simulation, as server-sent events, whenever it changes.
 *
 * Only the latest state matters: while a reader's connection is full, changes are passed over and the
 * state as it then is follows once it has drained. So a reader costs a bounded backlog however slow it is.
 *
 * A stream ends after some time and its reader, an EventSource, opens another: whoever has stopped reading would never
 * be noticed, since so few bytes fit into the kernel's buffers.
 */
import { PassThrough } from "node:stream";
import type { Router } from "@koa/router";
import type { ApiOptions } from "./options.js";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../core/timers.js";

const heartbeatMs = 15_000;
const reconnectMs = 2000;
const streamMsDefault = 45_000;

export function addSimulationEvents(router: Router, { host, isDraining, ...options }: ApiOptions): void {
  const { streamMsMax = streamMsDefault } = options;
  router.get("/api/simulation/events", (context) => {
    context.type = "text/event-stream; charset=utf-8";
    context.set("X-Accel-Buffering", "no");
    if (context.method === "HEAD") {
      context.status = 200;
      return;
    }
    const stream = new PassThrough();
    context.body = stream;

    let isStale = false;
    function sendState(): void {
      isStale = stream.writableNeedDrain;
      if (!isStale) stream.write(`data: ${JSON.stringify(host.status())}\n\n`);
    }
    stream.write(`retry: ${reconnectMs}\n`);
    sendState();
    stream.on("drain", () => {
      if (isStale) sendState();
    });

    const stopListening = host.onChange(sendState);
    const heartbeat = setInterval(() => {
      if (isDraining()) stream.end();
      else if (!stream.writableNeedDrain) stream.write(": still here\n\n");
    }, heartbeatMs);
    heartbeat.unref();
    const lifetime = setTimeout(() => stream.end(), streamMsMax).unref();
    context.res.once("close", () => {
      clearInterval(heartbeat);
      clearTimeout(lifetime);
      stopListening();
      stream.destroy();
    });
  });
}
