/** Posted messages: answered, broadcast in time, listed, and everywhere the same. */
import { sampleValues } from "../generate/arbitrary.js";
import type { ValidEvent } from "../events/event-judge.js";
import { type Answer, call } from "../rest/call.js";
import { type Row, rowId, sameRow, textOf } from "../rest/rows.js";
import { contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";
import { judgeEcho, judgeLocation } from "./creating.js";
import { awaitEvent } from "./event-wait.js";
import type { Fixtures } from "./fixtures.js";

const operation = "POST /api/discussions/:id/messages";
const list = "GET /api/discussions/:id/messages";
const create = "requests/message-create.schema.json";
const generatedCount = 4;

interface MessageEvent {
  readonly discussionId: string;
  readonly message: Row;
}

async function judgeListed(fixtures: Fixtures, posted: Row): Promise<void> {
  const answer = await call(fixtures.rest, {
    operation: list,
    params: { id: fixtures.own.discussion },
    query: { limit: 50 },
    expect: 200,
    rule: "read-status",
  });
  if (answer === undefined) return;
  const row = (answer.json as { data: readonly Row[] }).data.find((one) => rowId(one) === rowId(posted));
  fixtures.rest.judge.check("post-listed", operation, row !== undefined && sameRow(row, posted), () => ({
    detail:
      row === undefined
        ? `${rowId(posted)} is not on the first page of ${list}`
        : "is listed with other fields than the 201 had",
    example: { answer: posted, listed: row },
  }));
}

/** Posts a body, and judges its answer, its event and its place in the list. */
async function postMessage(
  fixtures: Fixtures,
  body: Row,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer | undefined> {
  const { rest, listening, own } = fixtures;
  const matches = ({ event, payload }: ValidEvent): boolean => {
    if (event !== "discussion:new_message") return false;
    const { discussionId, message } = payload as unknown as MessageEvent;
    return discussionId === own.discussion && message["content"] === body["content"];
  };
  const expected = listening.expectEvent(matches);
  const answer = await call(rest, {
    operation,
    params: { id: own.discussion },
    json: body,
    headers,
    expect: 201,
    rule: "create-status",
  });
  if (answer === undefined) return undefined;
  const posted = answer.json as Row;
  judgeEcho(fixtures, "create-echo", operation, body, posted, []);
  const event = await awaitEvent(
    fixtures,
    expected,
    "post-broadcast",
    "discussion:new_message",
    `the message ${rowId(posted)}`,
  );
  if (event !== undefined) {
    const { discussionId, message } = event.payload as unknown as MessageEvent;
    rest.judge.check("event-equals-change", event.event, sameRow({ discussionId, ...message }, posted), () => ({
      detail: "the event differs from the answer to the post",
      example: { event: event.payload, answer: posted },
    }));
  }
  await judgeListed(fixtures, posted);
  return answer;
}

/** What stands for fields that were left out. */
async function judgeDefaults(fixtures: Fixtures): Promise<void> {
  const { own, rest } = fixtures;
  const agent = await call(rest, {
    operation: "GET /api/agents/:id",
    params: { id: own.agent },
    expect: 200,
    rule: "read-status",
  });
  const byAgent = await postMessage(fixtures, { content: `${rest.tag} by an agent`, authorId: own.agent });
  const byStranger = await postMessage(fixtures, {
    content: `${rest.tag} by a anonymousClient`,
    authorId: "visitor-1",
  });
  const expected = [
    [byAgent, textOf((agent?.json ?? {}) as Row, "name")],
    [byStranger, "visitor-1"],
  ] as const;
  for (const [answer, authorName] of expected) {
    if (answer !== undefined)
      judgeEcho(fixtures, "create-echo", operation, { authorName, type: "text" }, answer.json as Row, []);
  }
}

/** Text that servers are known to change on its way. */
async function judgeText(fixtures: Fixtures): Promise<void> {
  const { rest, own } = fixtures;
  const texts = [
    "naïve café, composed and de\u0301composed",
    "🙂 👩‍👩‍👧 beyond the BMP",
    "  spaces at both ends  ",
    "line\nbreak\ttab",
    "שלום mixed مرحبا",
    "<b>&amp;</b> \"quoted\" \\ 'single'",
    "x".repeat(4000),
  ];
  for (const content of texts) {
    const answer = await call(rest, {
      operation,
      params: { id: own.discussion },
      json: { content, authorId: "visitor-1" },
      expect: 201,
      rule: "create-status",
    });
    if (answer === undefined) continue;
    const shown = textOf(answer.json as Row, "content");
    rest.judge.check("text-kept", operation, shown === content, () => ({
      detail: "the content came back changed",
      value: shown.slice(0, 100),
      example: content.slice(0, 100),
    }));
  }
}

export async function judgeMessages(fixtures: Fixtures): Promise<void> {
  const { rest, own } = fixtures;
  const examples = (schemaAt(create).node.examples ?? []) as readonly Row[];
  const drawn = sampleValues(contractSchemas, schemaAt(create), rest.seed, generatedCount) as Row[];
  // The content tells the event, so it is made to differ from everything said before.
  for (const [n, body] of [...examples, ...drawn].entries()) {
    const content = `${rest.tag} ${n} ${textOf(body, "content")}`.slice(0, 4000);
    const answer = await postMessage(fixtures, { ...body, content });
    if (n === 0 && answer !== undefined) await judgeLocation(fixtures, operation, answer, []);
  }
  await judgeDefaults(fixtures);
  await judgeText(fixtures);
  const message = { content: "to nobody", authorId: own.agent };
  await call(rest, {
    operation,
    params: { id: "no-such-id-9" },
    json: message,
    expect: 404,
    rule: "unknown-id",
    about: "an unknown discussion",
  });
  await call(rest, {
    operation: `${list}/:messageId`,
    params: { id: own.discussion, messageId: "no-such-id-9" },
    expect: 404,
    rule: "unknown-id",
    about: "an unknown message",
  });
}
