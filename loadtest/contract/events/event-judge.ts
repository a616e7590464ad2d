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
import { readEventPacket } from "./wire.js";

/** An event that fits its schema. */
export interface ValidEvent<Name extends EventName = EventName> {
  readonly event: Name;
  readonly payload: EventPayloads[Name];
}

export interface EventTally {
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

/** Adds to the tallies what it sees; the order that it judges is the one of this connection alone. */
export function createEventJudge(judge: Judge, tallies: Readonly<Record<EventName, EventTally>>): EventJudge {
  const latest = new Map<string, string>();
  const messageIds = new Set<string>();

  function judgeArguments(event: string, args: readonly unknown[], extra: string | undefined): boolean {
    const [payload] = args;
    const isOne =
      args.length === 1 &&
      typeof payload === "object" &&
      payload !== null &&
      !Array.isArray(payload) &&
      extra === undefined;
    return judge.check("event-arguments", event, isOne, () => ({
      detail:
        extra === undefined
          ? `came with ${args.length} arguments instead of one object`
          : `asks for or carries what it must not: ${extra}`,
      example: args,
    }));
  }

  function judgeMeaning(valid: ValidEvent): void {
    const { event, payload } = valid;
    const timeline = timelineOf(valid);
    if (timeline !== undefined) {
      const key = `${event} ${timeline.entity}`;
      const before = latest.get(key);
      if (before !== undefined) {
        judge.check("event-time-order", event, compareInstants(before, timeline.timestamp) <= 0, () => ({
          detail: `${timeline.timestamp} of ${timeline.entity} came after ${before}`,
          value: timeline.timestamp,
          example: payload,
        }));
      }
      latest.set(key, timeline.timestamp);
    }
    if (event === "market:update") {
      const { sectorId, value, indexValue } = payload as EventPayloads["market:update"];
      judge.check(
        "market-update-subject",
        event,
        indexValue !== undefined || (sectorId !== undefined && value !== undefined),
        () => ({
          detail: "has neither an indexValue nor a sectorId with a value",
          example: payload,
        }),
      );
    } else if (event === "sector:candle_update") {
      judgeCandle(judge, event, (payload as EventPayloads["sector:candle_update"]).candle, payload);
    } else if (event === "discussion:new_message") {
      const { discussionId, message } = payload as EventPayloads["discussion:new_message"];
      const id = JSON.stringify([discussionId, message.id]);
      judge.check("message-once", event, !messageIds.has(id), () => ({
        detail: `the message ${message.id} was sent again`,
        value: message.id,
        example: payload,
      }));
      messageIds.add(id);
    }
  }

  return {
    judge(packet) {
      const excess = findExcess(packet);
      const isSensible = judge.check("event-size", "Socket.IO", excess === undefined, () => ({
        detail: `an event ${excess}`,
        example: packet.slice(0, 500),
      }));
      if (!isSensible) return undefined;
      const wire = readEventPacket(packet);
      if (wire === undefined) return undefined;
      const name = "event" in wire ? wire.event : "an unreadable event";
      const unsafe = findUnsafeJson(wire.json);
      for (const { rule, pointer, detail } of unsafe)
        judge.check(rule, name, false, () => ({ pointer, detail, example: wire.json.slice(0, 500) }));
      if (unsafe.length === 0)
        judge.check("json-syntax", name, "event" in wire, () => ({
          detail: "is no array that begins with a name",
          example: wire.json.slice(0, 500),
        }));
      if (!("event" in wire)) return undefined;
      if (!isEventName(wire.event)) {
        judge.check("event-documented", wire.event, false, () => ({
          detail: "is not one of the four documented events",
          example: wire.args,
        }));
        return undefined;
      }
      judge.check("event-documented", wire.event, true, () => ({ detail: "" }));
      const tally = tallies[wire.event];
      tally.seen += 1;
      const [payload] = wire.args;
      if (
        !judgeArguments(wire.event, wire.args, wire.extra) ||
        !judgeSchema(judge, "event", wire.event, eventSchemaPaths[wire.event], payload)
      ) {
        tally.invalid += 1;
        return undefined;
      }
      const valid = { event: wire.event, payload } as ValidEvent;
      judgeMeaning(valid);
      return valid;
    },
  };
}
