/**
 * The four documented broadcast functions, as adapters over one `publish`: each checks what application code gives it,
 * fills in what is missing and publishes the event.
 *
 * Invariant: what is published fits the schema of its event, and its keys are in one fixed order, so
 * that equal payloads are equal bytes. The input is only read, never sent itself.
 */
import {
  type AgentStatusUpdate,
  type AgentStatusUpdateBroadcast,
  type ContractEvent,
  type DiscussionNewMessage,
  type EventCandle,
  type EventName,
  type MarketUpdate,
  type MarketUpdateBroadcast,
  type NewMessageBroadcast,
  type SchemaPath,
  type SectorCandleUpdate,
  type SectorCandleUpdateBroadcast,
  createCheck,
  findViolations,
} from "../../schemas/index.js";
import { formatInstant, normaliseInstant } from "../../schemas/instant.js";
import { valueAt } from "../../schemas/json-pointer.js";
import { BroadcastError } from "./errors.js";

/** Synchronous, all of it. */
export interface Broadcaster {
  /** Each throws a `BroadcastError` for a payload that breaks its schema; nothing of it is sent then. */
  broadcastMarketUpdate(update: MarketUpdateBroadcast): void;
  broadcastSectorCandleUpdate(update: SectorCandleUpdateBroadcast): void;
  broadcastNewMessage(message: NewMessageBroadcast): void;
  broadcastAgentStatusUpdate(update: AgentStatusUpdateBroadcast): void;
  /** Everything broadcast inside leaves together when the outermost call returns. */
  batch(broadcasts: () => void): void;
  /**
   * Sends events that fit their schemas already, as they are and as one batch: those of a simulated world, or of a
   * recording. They must not change afterwards.
   */
  publish(events: readonly ContractEvent[]): void;
}

export interface PayloadDefaults {
  /** Simulated now in epoch milliseconds, for a missing timestamp. */
  readonly nowMs: () => number;
  /** The name of a known author, for a message without one. */
  readonly authorName: (authorId: string) => string | undefined;
}

/** One function for each event; each throws a `BroadcastError` for a payload that breaks its schema. */
export interface WirePayloads {
  readonly "market:update": (update: MarketUpdateBroadcast) => MarketUpdate;
  readonly "sector:candle_update": (update: SectorCandleUpdateBroadcast) => SectorCandleUpdate;
  readonly "discussion:new_message": (message: NewMessageBroadcast) => DiscussionNewMessage;
  readonly "agent:status_update": (update: AgentStatusUpdateBroadcast) => AgentStatusUpdate;
}

/** The function that broadcasts each event, and what it takes. */
export const calls = {
  "market:update": { call: "broadcastMarketUpdate", schema: "broadcasts/market-update.schema.json" },
  "sector:candle_update": {
    call: "broadcastSectorCandleUpdate",
    schema: "broadcasts/sector-candle-update.schema.json",
  },
  "discussion:new_message": { call: "broadcastNewMessage", schema: "broadcasts/new-message.schema.json" },
  "agent:status_update": { call: "broadcastAgentStatusUpdate", schema: "broadcasts/agent-status-update.schema.json" },
} as const satisfies Record<EventName, { readonly call: string; readonly schema: SchemaPath }>;

const fallbackMessageType = "text";

export function createWirePayloads({ nowMs, authorName }: PayloadDefaults): WirePayloads {
  const marketUpdateFits = createCheck(calls["market:update"].schema);
  const candleUpdateFits = createCheck(calls["sector:candle_update"].schema);
  const newMessageFits = createCheck(calls["discussion:new_message"].schema);
  const statusUpdateFits = createCheck(calls["agent:status_update"].schema);

  function instant(event: EventName, pointer: string, text: string | undefined): string {
    if (text === undefined) return formatInstant(nowMs());
    const wire = normaliseInstant(text);
    if (wire === undefined) throw fault(event, pointer, "must be an instant that exists", text);
    return wire;
  }

  // Keys are set one after the other: spreading conditional parts costs a microsecond an event.
  return {
    "market:update": (update) => {
      if (!marketUpdateFits(update)) throw broken("market:update", update);
      const { sectorId, value, indexValue } = update;
      const wire: Partial<MarketUpdate> = {};
      if (sectorId !== undefined) wire.sectorId = sectorId;
      if (value !== undefined) wire.value = value;
      if (indexValue !== undefined) wire.indexValue = indexValue;
      wire.timestamp = instant("market:update", "/timestamp", update.timestamp);
      return wire as MarketUpdate;
    },
    "sector:candle_update": (update) => {
      if (!candleUpdateFits(update)) throw broken("sector:candle_update", update);
      const { value, open, high, low, close } = update.candle;
      const timestamp = instant("sector:candle_update", "/candle/timestamp", update.candle.timestamp);
      const candle: EventCandle = { timestamp, value };
      if (open !== undefined) candle.open = open;
      if (high !== undefined) candle.high = high;
      if (low !== undefined) candle.low = low;
      if (close !== undefined) candle.close = close;
      return { sectorId: update.sectorId, candle };
    },
    "discussion:new_message": (update) => {
      if (!newMessageFits(update)) throw broken("discussion:new_message", update);
      const { id, content, authorId, timestamp, type } = update.message;
      return {
        discussionId: update.discussionId,
        message: {
          id,
          content,
          authorId,
          authorName: update.message.authorName ?? authorName(authorId) ?? authorId,
          timestamp: instant("discussion:new_message", "/message/timestamp", timestamp),
          type: type ?? fallbackMessageType,
        },
      };
    },
    "agent:status_update": (update) => {
      if (!statusUpdateFits(update)) throw broken("agent:status_update", update);
      const { agentId, sectorId, status } = update;
      return sectorId === undefined ? { agentId, status } : { agentId, sectorId, status };
    },
  };
}

/** The broadcast functions over a `publish`. */
export function createBroadcaster(
  { publish, batch }: Pick<Broadcaster, "publish" | "batch">,
  defaults: PayloadDefaults,
): Broadcaster {
  const payloads = createWirePayloads(defaults);
  return {
    publish,
    batch,
    broadcastMarketUpdate: (update) =>
      publish([{ event: "market:update", payload: payloads["market:update"](update) }]),
    broadcastSectorCandleUpdate: (update) =>
      publish([{ event: "sector:candle_update", payload: payloads["sector:candle_update"](update) }]),
    broadcastNewMessage: (message) =>
      publish([{ event: "discussion:new_message", payload: payloads["discussion:new_message"](message) }]),
    broadcastAgentStatusUpdate: (update) =>
      publish([{ event: "agent:status_update", payload: payloads["agent:status_update"](update) }]),
  };
}

/** The first violation as a typed error. Slow and thorough: it runs only for a payload already refused. */
function broken(event: EventName, payload: unknown): BroadcastError {
  const violations = findViolations(calls[event].schema, payload);
  const first = violations.find(({ keyword }) => keyword !== "required" && keyword !== "anyOf") ?? violations.at(-1);
  if (first?.keyword === "anyOf") return fault(event, first.pointer, "must have a value or an indexValue", payload);
  if (first === undefined) return fault(event, "", "must fit its schema", payload);
  return fault(event, first.pointer, first.detail, valueAt(payload, first.pointer));
}

function fault(event: EventName, pointer: string, detail: string, value: unknown): BroadcastError {
  return new BroadcastError({ event, ...calls[event], pointer, detail, value });
}

/**
 * The four functions of a member of a cluster: `append` takes what leaves together, and has all members send it in one
 * order.
 */
export function createOrderedBroadcaster(
  append: (events: readonly ContractEvent[]) => void,
  defaults: PayloadDefaults,
): Broadcaster {
  let open: ContractEvent[] | undefined;
  function batch(broadcasts: () => void): void {
    if (open !== undefined) {
      broadcasts();
      return;
    }
    const events: ContractEvent[] = [];
    open = events;
    try {
      broadcasts();
    } finally {
      open = undefined;
      if (events.length > 0) append(events);
    }
  }
  const publish = (events: readonly ContractEvent[]): void => batch(() => open?.push(...events));
  return createBroadcaster({ publish, batch }, defaults);
}
