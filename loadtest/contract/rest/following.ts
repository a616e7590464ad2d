/**
 * Follows the events, and asks REST about some of them: after an event the resource equals it or is newer.
 *
 * One event of each kind at a time, the latest, so that a fast stream costs no more than a slow one.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type AgentStatusUpdate,
  type DiscussionNewMessage,
  type EventName,
  type MarketUpdate,
  type SectorCandleUpdate,
  candleIntervals,
  intervalMsOf,
} from "../../../schemas/index.js";
import type { ValidEvent } from "../events/event-judge.js";
import type { Listening } from "../events/listening.js";
import { compareInstants } from "../core/instants.js";
import type { Answer, Rest } from "./call.js";
import { attempt, call } from "./call.js";
import { type CandleRow, readCandles } from "./candles.js";
import { type Row, rowId, sameRow, textOf } from "./rows.js";

export interface Following {
  /** Ends with the questions that are open. */
  finish(): Promise<void>;
}

const questionsMax = 20;
const pauseMs = 10;

interface State {
  readonly rest: Rest;
  /** Statuses heard of each agent, in order. */
  readonly statuses: Map<string, string[]>;
  /** The last candle update of each sector. */
  readonly candles: Map<string, SectorCandleUpdate>;
  /** The smallest step between two buckets of a sector. */
  bucketMs: number;
}

/** The resource that an event names; undefined where it was deleted meanwhile, or is not known (a finding then). */
async function resourceOf(
  { rest }: State,
  event: EventName,
  operation: string,
  id: string,
): Promise<Answer | undefined> {
  const answer = await call(rest, {
    operation,
    params: { id },
    expect: [200, 404],
    rule: "read-status",
    about: `an id of ${event}`,
  });
  if (answer === undefined || rest.http.deleted.has(id)) return undefined;
  const isKnown = rest.judge.check("event-id-known", event, answer.status === 200, () => ({
    detail: `the event names ${id}, which ${operation} does not know`,
    value: id,
  }));
  return isKnown ? answer : undefined;
}

async function askSector(state: State, update: MarketUpdate): Promise<void> {
  const { sectorId, value, timestamp } = update;
  if (sectorId === undefined) return;
  const answer = await resourceOf(state, "market:update", "GET /api/sectors/:id", sectorId);
  if (answer === undefined || value === undefined) return;
  const sector = answer.json as Row;
  const order = compareInstants(textOf(sector, "updatedAt"), timestamp);
  state.rest.judge.check(
    "rest-behind-event",
    "market:update",
    order > 0 || (order === 0 && sector["value"] === value),
    () => ({
      detail:
        order < 0
          ? `the sector is of ${textOf(sector, "updatedAt")}, before the event's ${timestamp}`
          : "the sector has another value at the event's very instant",
      value: sector["value"],
      example: { event: update, sector },
    }),
  );
}

async function askAgent(state: State, update: AgentStatusUpdate): Promise<void> {
  const { rest, statuses } = state;
  const heard = statuses.get(update.agentId) ?? [];
  const from = heard.length - 1;
  const answer = await resourceOf(state, "agent:status_update", "GET /api/agents/:id", update.agentId);
  if (answer === undefined) return;
  const status = textOf(answer.json as Row, "status");
  const isHeard = (): boolean => heard.slice(Math.max(0, from)).includes(status);
  // The answer may be newer than the event; then that status' own event is on its way.
  for (let waitedMs = 0; !isHeard() && waitedMs < rest.limits.eventMsMax; waitedMs += pauseMs) await delay(pauseMs);
  rest.judge.check("rest-behind-event", "agent:status_update", isHeard(), () => ({
    detail: `after the event with status ${update.status}, GET says ${status}, which no later event says`,
    value: status,
    example: { event: update, agent: answer.json },
  }));
}

async function askMessage(state: State, update: DiscussionNewMessage): Promise<void> {
  const { discussionId, message } = update;
  if ((await resourceOf(state, "discussion:new_message", "GET /api/discussions/:id", discussionId)) === undefined)
    return;
  const answer = await call(state.rest, {
    operation: "GET /api/discussions/:id/messages",
    params: { id: discussionId },
    query: { limit: 200 },
    expect: [200, 404],
    rule: "read-status",
  });
  if (answer?.status !== 200) return;
  const row = (answer.json as { data: readonly Row[] }).data.find((one) => rowId(one) === message.id);
  state.rest.judge.check(
    "rest-behind-event",
    "discussion:new_message",
    row !== undefined && sameRow(row, { discussionId, ...message }),
    () => ({
      detail:
        row === undefined
          ? `the message ${message.id} is not among the newest of its discussion`
          : "the message is listed with other fields",
      value: message.id,
      example: { event: update, listed: row },
    }),
  );
}

function intervalOf({ bucketMs }: State, timestamp: string): string {
  const known = candleIntervals.find((interval) => intervalMsOf[interval] === bucketMs);
  // Before two buckets were seen: minutes, unless a bucket begins within one.
  return known ?? (Date.parse(timestamp) % 60_000 === 0 ? "1m" : "1s");
}

async function askCandle(state: State, update: SectorCandleUpdate, isClosed: boolean): Promise<void> {
  const { rest } = state;
  const { sectorId, candle } = update;
  const interval = intervalOf(state, candle.timestamp);
  if ((await resourceOf(state, "sector:candle_update", "GET /api/sectors/:id", sectorId)) === undefined) return;
  const candles: readonly CandleRow[] | undefined = await readCandles(rest, sectorId, {
    interval,
    start: candle.timestamp,
    limit: 1,
    sort: "asc",
  });
  if (candles === undefined) return;
  const kept = candles.find(({ timestamp }) => compareInstants(timestamp, candle.timestamp) === 0);
  const { open = kept?.open, high = kept?.high, low = kept?.low, close = kept?.close } = candle;
  const isSame =
    kept !== undefined &&
    kept.open === open &&
    kept.high === high &&
    kept.low === low &&
    kept.close === close &&
    kept.value === candle.value;
  const isNewer =
    kept !== undefined && kept.open === open && kept.high >= (high ?? kept.high) && kept.low <= (low ?? kept.low);
  rest.judge.check(
    isClosed ? "candle-history" : "rest-behind-event",
    "sector:candle_update",
    isClosed ? isSame : isNewer,
    () => ({
      detail:
        kept === undefined
          ? `history has no ${interval} candle of ${candle.timestamp}`
          : `history has another ${interval} candle of ${candle.timestamp}`,
      value: kept,
      example: { event: update, history: kept },
    }),
  );
}

async function ask(state: State, { event, payload }: ValidEvent): Promise<void> {
  if (event === "market:update") await askSector(state, payload as MarketUpdate);
  else if (event === "agent:status_update") await askAgent(state, payload as AgentStatusUpdate);
  else if (event === "discussion:new_message") await askMessage(state, payload as DiscussionNewMessage);
  else await askCandle(state, payload as SectorCandleUpdate, false);
}

export function followEvents(rest: Rest, listening: Listening): Following {
  const state: State = { rest, statuses: new Map(), candles: new Map(), bucketMs: 0 };
  const latest = new Map<string, () => Promise<void>>();
  const asked = new Map<string, number>();
  const [transport] = listening.connected;
  let isFinished = false;

  function noteCandle(update: SectorCandleUpdate): void {
    const before = state.candles.get(update.sectorId);
    state.candles.set(update.sectorId, update);
    if (before === undefined || before.candle.timestamp === update.candle.timestamp) return;
    const stepMs = Date.parse(update.candle.timestamp) - Date.parse(before.candle.timestamp);
    if (stepMs > 0 && (state.bucketMs === 0 || stepMs < state.bucketMs)) state.bucketMs = stepMs;
    latest.set("closed candle", async () => await askCandle(state, before, true));
  }

  const stop = listening.onEvent((event, from) => {
    if (from !== transport) return;
    if (event.event === "agent:status_update") {
      const { agentId, status } = event.payload as AgentStatusUpdate;
      const heard = state.statuses.get(agentId);
      if (heard === undefined) state.statuses.set(agentId, [status]);
      else heard.push(status);
    } else if (event.event === "sector:candle_update") noteCandle(event.payload as SectorCandleUpdate);
    // Open questions may still wait to hear something; new ones are not asked.
    if (isFinished) return;
    // An index update names nothing that could be asked for.
    if (event.event === "market:update" && (event.payload as MarketUpdate).value === undefined) return;
    latest.set(event.event, async () => await ask(state, event));
  });

  async function follow(): Promise<void> {
    for (;;) {
      const next = [...latest].find(([kind]) => (asked.get(kind) ?? 0) < questionsMax);
      if (next !== undefined) {
        const [kind, question] = next;
        latest.delete(kind);
        asked.set(kind, (asked.get(kind) ?? 0) + 1);
        await attempt(rest, question);
      } else if (isFinished) return;
      else await delay(pauseMs);
    }
  }

  const followed = follow();
  // The run sees it at `finish`; until then nobody awaits it.
  followed.catch(() => {});
  return {
    async finish() {
      isFinished = true;
      await followed.finally(stop);
    },
  };
}
