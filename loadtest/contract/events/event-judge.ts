/**
 * Judges the events that one subscriber receives: schema first, then what no schema can say.
 *
 * Order is judged for each entity by itself: a server may send two sectors of one tick in any order.
 */
import { type EventName, type EventPayloads, eventSchemaPaths, isEventName } from "../../../schemas/index.js";
import { compareInstants } from "../core/instants.js";
import { findExcess, findUnsafeJson } from "../../core/json-scan.js";
import type { Judge } from "../core/findings.js";
import { judgeSchema } from "../core/schema-judge.js";
import { judgeCandle } from "./candle-rules.js";
import { type WireEvent, isReadable, readEventPacket } from "./wire.js";

/** An event that fits its schema. */
export interface ValidEvent<Name extends EventName = EventName> {
  readonly event: Name;
  readonly payload: EventPayloads[Name];
}

export interface EventCounts {
  seen: number;
  invalid: number;
}

export interface EventJudge {
  /** Judges one packet. Returns its event, where it is a documented one that fits its schema. */
  judge(packet: string): ValidEvent | undefined;
}

/** What an event's timestamp must not run backwards within, and that timestamp. */
function timelineOf({
  event,
  payload,
}: ValidEvent): { readonly entity: string; readonly timestamp: string } | undefined {
  if (event === "market:update") {
    const { sectorId, timestamp } = payload as EventPayloads["market:update"];
    return { entity: sectorId ?? "the index", timestamp };
  }
  if (event === "sector:candle_update") {
    const { sectorId, candle } = payload as EventPayloads["sector:candle_update"];
    return { entity: sectorId, timestamp: candle.timestamp };
  }
  if (event === "discussion:new_message") {
    const { discussionId, message } = payload as EventPayloads["discussion:new_message"];
    return { entity: `${message.authorId} in ${discussionId}`, timestamp: message.timestamp };
  }
  return undefined;
}

class ConnectionJudge implements EventJudge {
  readonly #judge: Judge;
  readonly #eventCounts: Readonly<Record<EventName, EventCounts>>;
  readonly #latest = new Map<string, string>();
  readonly #messageIds = new Set<string>();

  constructor(judge: Judge, eventCounts: Readonly<Record<EventName, EventCounts>>) {
    this.#judge = judge;
    this.#eventCounts = eventCounts;
  }

  judge(packet: string): ValidEvent | undefined {
    const wire = this.#read(packet);
    if (wire === undefined) return undefined;
    this.#judge.check("event-documented", wire.event, isEventName(wire.event), () => ({
      detail: "is not one of the four documented events",
      example: wire.args,
    }));
    if (!isEventName(wire.event)) return undefined;
    const counts = this.#eventCounts[wire.event];
    counts.seen += 1;
    const [payload] = wire.args;
    if (
      !this.#judgeArguments(wire.event, wire.args, wire.extra) ||
      !judgeSchema(this.#judge, "event", wire.event, eventSchemaPaths[wire.event], payload)
    ) {
      counts.invalid += 1;
      return undefined;
    }
    const valid = { event: wire.event, payload } as ValidEvent;
    this.#judgeOrder(valid);
    this.#judgeMeaning(valid);
    return valid;
  }

  /** The event of a packet, if it is one that can be read. */
  #read(packet: string): WireEvent | undefined {
    const excess = findExcess(packet);
    const isSensible = this.#judge.check("event-size", "Socket.IO", excess === undefined, () => ({
      detail: `an event ${excess}`,
      example: packet.slice(0, 500),
    }));
    const wire = isSensible ? readEventPacket(packet) : undefined;
    if (wire === undefined) return undefined;
    const name = isReadable(wire) ? wire.event : "an unreadable event";
    const unsafe = findUnsafeJson(wire.json);
    for (const { rule, pointer, detail } of unsafe)
      this.#judge.check(rule, name, false, () => ({ pointer, detail, example: wire.json.slice(0, 500) }));
    if (unsafe.length === 0)
      this.#judge.check("json-syntax", name, isReadable(wire), () => ({
        detail: "is not an array that begins with a name",
        example: wire.json.slice(0, 500),
      }));
    return isReadable(wire) ? wire : undefined;
  }

  #judgeArguments(event: string, args: readonly unknown[], extra: string | undefined): boolean {
    const [payload] = args;
    const isOne =
      args.length === 1 &&
      typeof payload === "object" &&
      payload !== null &&
      !Array.isArray(payload) &&
      extra === undefined;
    return this.#judge.check("event-arguments", event, isOne, () => ({
      detail:
        extra === undefined
          ? `came with ${args.length} arguments instead of one object`
          : `asks for or carries what it must not: ${extra}`,
      example: args,
    }));
  }

  #judgeOrder(valid: ValidEvent): void {
    const timeline = timelineOf(valid);
    if (timeline === undefined) return;
    const { entity, timestamp } = timeline;
    const key = `${valid.event} ${entity}`;
    const before = this.#latest.get(key);
    if (before !== undefined)
      this.#judge.check("event-time-order", valid.event, compareInstants(before, timestamp) <= 0, () => ({
        detail: `${timestamp} of ${entity} came after ${before}`,
        value: timestamp,
        example: valid.payload,
      }));
    this.#latest.set(key, timestamp);
  }

  #judgeMeaning({ event, payload }: ValidEvent): void {
    if (event === "market:update") {
      const { sectorId, value, indexValue } = payload as EventPayloads["market:update"];
      const hasSubject = indexValue !== undefined || (sectorId !== undefined && value !== undefined);
      this.#judge.check("market-update-subject", event, hasSubject, () => ({
        detail: "has neither an indexValue nor a sectorId with a value",
        example: payload,
      }));
    } else if (event === "sector:candle_update") {
      judgeCandle(this.#judge, event, (payload as EventPayloads["sector:candle_update"]).candle, payload);
    } else if (event === "discussion:new_message") {
      const { discussionId, message } = payload as EventPayloads["discussion:new_message"];
      const id = JSON.stringify([discussionId, message.id]);
      this.#judge.check("message-once", event, !this.#messageIds.has(id), () => ({
        detail: `the message ${message.id} was sent again`,
        value: message.id,
        example: payload,
      }));
      this.#messageIds.add(id);
    }
  }
}

/** Counts in `eventCounts` what it sees; the order that it judges is the one of this connection alone. */
export function createEventJudge(judge: Judge, eventCounts: Readonly<Record<EventName, EventCounts>>): EventJudge {
  return new ConnectionJudge(judge, eventCounts);
}
