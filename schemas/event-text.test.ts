import { expect, test } from "vitest";
import { encodeEvent, encodePayload } from "./event-text.js";
import { type ContractEvent, eventNames, eventSchemaPaths, schemaFiles } from "./index.js";

const examples = eventNames.flatMap((event) =>
  schemaFiles[eventSchemaPaths[event]].examples.map((payload) => ({ event, payload }) as unknown as ContractEvent),
);

test.each(examples)("the text of $event is what JSON.stringify makes of it", (event) => {
  expect(encodePayload(event)).toBe(JSON.stringify(event.payload));
  expect(encodeEvent(event)).toBe(JSON.stringify([event.event, event.payload]));
});

test("an event is encoded once, and its text is no part of its JSON", () => {
  let times = 0;
  const payload = { agentId: "agent-789", status: "active", toJSON: () => ({ times: (times += 1) }) };
  const event: ContractEvent = { event: "agent:status_update", payload };
  expect([encodeEvent(event), encodePayload(event)]).toEqual(['["agent:status_update",{"times":1}]', '{"times":1}']);
  expect(times).toBe(1);
  expect(Object.keys(event)).toEqual(["event", "payload"]);
});
