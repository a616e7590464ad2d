/** What grows in the reference server: the candles of its sectors and the messages of its rooms. */
import type { HasDefect } from "./defects.fixture.js";
import {
  type ReferenceBody,
  ReferenceProblem,
  type ReferenceReply,
  type ReferenceRequest,
  pageOf,
  readBody,
} from "./reference-http.fixture.js";
import {
  type ReferenceMessage,
  type ReferenceRoom,
  type ReferenceWorld,
  instantOf,
  referenceIntervalsMs,
} from "./reference-world.fixture.js";

export interface ReferenceHistories {
  candles(sectorId: string, request: ReferenceRequest): ReferenceReply;
  messages(room: ReferenceRoom, request: ReferenceRequest): ReferenceReply;
  /** A message is written, and sent to everybody. */
  post(room: ReferenceRoom, request: ReferenceRequest): ReferenceReply;
}

function instantMs(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text))
    throw new ReferenceProblem(400, `${name} is no instant.`);
  return Date.parse(text);
}

export function createReferenceHistories(
  world: ReferenceWorld,
  send: (message: ReferenceMessage) => void,
  has: HasDefect,
): ReferenceHistories {
  let serial = 0;

  function candles(id: string, { query }: ReferenceRequest): ReferenceReply {
    const [interval, sort] = [query.get("interval") ?? "1m", query.get("sort") ?? "asc"];
    const intervalMs = referenceIntervalsMs[interval];
    if (intervalMs === undefined || !["asc", "desc"].includes(sort))
      throw new ReferenceProblem(400, "interval or sort cannot be used.");
    const [startMs, endMs] = [instantMs(query, "start", -Infinity), instantMs(query, "end", Infinity)];
    const rows = world
      .candles(id, interval)
      .filter(
        ({ timestampMs }) =>
          timestampMs >= startMs && (has("end-inclusive") ? timestampMs <= endMs : timestampMs < endMs),
      );
    if (sort === "desc" && !has("sort-ignored")) rows.reverse();
    const page = pageOf(rows, ({ timestampMs }) => String(timestampMs), query, has);
    const data = page.data.map(({ timestampMs, open, high, low, close }) => {
      const closed = timestampMs + intervalMs <= world.nowMs;
      const kept = closed && has("history-differs") ? low : close;
      return {
        timestamp: instantOf(timestampMs + (has("buckets-askew") ? 1000 : 0)),
        value: kept,
        open,
        high,
        low,
        close: kept,
        closed,
      };
    });
    return { status: 200, body: { ...page, data } };
  }

  function messages(room: ReferenceRoom, { query }: ReferenceRequest): ReferenceReply {
    const rows = room.messages.filter(({ id }) => !has("post-unlisted") || !id.startsWith("msg-u"));
    if (!has("messages-oldest-first")) rows.reverse();
    return { status: 200, body: pageOf(rows, ({ id }) => id, query, has) };
  }

  function post(room: ReferenceRoom, request: ReferenceRequest): ReferenceReply {
    let body: ReferenceBody;
    try {
      body = readBody(request, "requests/message-create.schema.json", world, has);
    } catch (error) {
      const text = /"content":"([^"]*)"/.exec(request.text)?.[1] ?? "nothing";
      const refused = {
        id: `msg-u${(serial += 1)}`,
        discussionId: room.id,
        content: text,
        authorId: "x",
        authorName: "x",
        timestamp: instantOf(world.nowMs),
        type: "text",
      };
      if (has("refused-but-stored")) room.messages.push(refused);
      if (has("refused-but-sent")) send(refused);
      throw error;
    }
    const authorId = body["authorId"] as string;
    const message: ReferenceMessage = {
      id: `msg-u${(serial += 1)}`,
      discussionId: room.id,
      content: has("text-trimmed") ? (body["content"] as string).trim() : (body["content"] as string),
      authorId,
      authorName: (body["authorName"] as string | undefined) ?? world.agents.get(authorId)?.name ?? authorId,
      timestamp: instantOf(world.nowMs),
      type: (body["type"] as string | undefined) ?? "text",
    };
    if (!has("third-message-lost") || room.messages.length !== 2 || room.title !== "Sequence")
      room.messages.push(message);
    send(message);
    return { status: 201, body: message, headers: { location: `/api/discussions/${room.id}/messages/${message.id}` } };
  }

  return { candles, messages, post };
}
