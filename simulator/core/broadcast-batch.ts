/** Hands a tick's events to the broadcast functions, all inside one batch, so that the tick stays whole to the wire. */
import type { ContractEvent } from "../../schemas/index.js";
import type { Broadcaster } from "./broadcaster.js";

export function broadcastBatch(batch: { readonly events: readonly ContractEvent[] }, broadcaster: Broadcaster): void {
  broadcaster.batch(() => {
    for (const event of batch.events) broadcastEvent(event, broadcaster);
  });
}

function broadcastEvent(event: ContractEvent, broadcaster: Broadcaster): void {
  switch (event.event) {
    case "market:update":
      return broadcaster.broadcastMarketUpdate(event.payload);
    case "sector:candle_update":
      return broadcaster.broadcastSectorCandleUpdate(event.payload);
    case "discussion:new_message":
      return broadcaster.broadcastNewMessage(event.payload);
    case "agent:status_update":
      return broadcaster.broadcastAgentStatusUpdate(event.payload);
  }
}
