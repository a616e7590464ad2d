import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventNames, findEventViolations, schemaFiles } from "../../schemas/index.js";
import { BroadcastError } from "./errors.js";
import { calls, createWirePayloads } from "./broadcaster.js";

const nowMs = Date.parse("2025-01-15T10:30:00.007Z");
const payloads = createWirePayloads({
  nowMs: () => nowMs,
  authorName: (id) => (id === "agent-789" ? "Trading Agent" : undefined),
});

function refusal(call: () => unknown): BroadcastError {
  try {
    call();
  } catch (error) {
    if (error instanceof BroadcastError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a payload that fits", () => {
  test("gets its keys in one fixed order, whatever the order it came in", () => {
    const shuffled = { timestamp: "2025-01-15T10:30:00Z", indexValue: 2, value: 1, sectorId: "tech-001" };
    expect(JSON.stringify(payloads["market:update"](shuffled))).toBe(
      '{"sectorId":"tech-001","value":1,"indexValue":2,"timestamp":"2025-01-15T10:30:00.000Z"}',
    );
    const candle = { close: 4, low: 3, high: 2, open: 1, value: 4, timestamp: "2025-01-15T10:30:00.000Z" };
    expect(JSON.stringify(payloads["sector:candle_update"]({ candle, sectorId: "tech-001" }))).toBe(
      '{"sectorId":"tech-001","candle":{"timestamp":"2025-01-15T10:30:00.000Z","value":4,"open":1,"high":2,"low":3,"close":4}}',
    );
    expect(JSON.stringify(payloads["agent:status_update"]({ status: "idle", sectorId: "s", agentId: "a" }))).toBe(
      '{"agentId":"a","sectorId":"s","status":"idle"}',
    );
  });

  test("may leave out its timestamp, which becomes the simulated now with three digits", () => {
    expect(payloads["market:update"]({ indexValue: 1 })).toEqual({
      indexValue: 1,
      timestamp: "2025-01-15T10:30:00.007Z",
    });
  });

  test.each([
    ["2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000Z"],
    ["2025-01-15T10:30:00.5Z", "2025-01-15T10:30:00.500Z"],
    ["2025-01-15T10:30:00.123456Z", "2025-01-15T10:30:00.123Z"],
  ])("is written with exactly three digits of a second (%s)", (given, written) => {
    expect(payloads["market:update"]({ indexValue: 1, timestamp: given }).timestamp).toBe(written);
  });

  test.each([
    ["agent-789", "Trading Agent"],
    ["stranger", "stranger"],
  ])("names its author by the known name or else by the id (%s)", (authorId, authorName) => {
    const { message } = payloads["discussion:new_message"]({
      discussionId: "disc-123",
      message: { id: "msg-456", content: "Hello!", authorId },
    });
    expect(JSON.stringify(message)).toBe(
      `{"id":"msg-456","content":"Hello!","authorId":"${authorId}","authorName":"${authorName}","timestamp":"2025-01-15T10:30:00.007Z","type":"text"}`,
    );
  });

  test("loses keys that are there but undefined", () => {
    const update = { sectorId: undefined, value: undefined, indexValue: 1, timestamp: undefined } as never;
    expect(Object.keys(payloads["market:update"](update))).toEqual(["indexValue", "timestamp"]);
  });
});

/** Every field that a schema has, as a pointer. */
function* fieldsOf(schema: unknown, above = ""): Generator<string> {
  const { properties = {} } = schema as { readonly properties?: object };
  for (const [name, field] of Object.entries(properties)) {
    yield `${above}/${name}`;
    yield* fieldsOf(field, `${above}/${name}`);
  }
}

function hasField(payload: object, pointer: string): boolean {
  const [name = "", ...below] = pointer.split("/").slice(1);
  const value: unknown = Reflect.get(payload, name);
  return below.length === 0 ? value !== undefined : hasField(value as object, `/${below.join("/")}`);
}

test.each(eventNames)("every field that a broadcast of %s takes goes over the wire", (event) => {
  const schema = schemaFiles[calls[event].schema];
  const sent = schema.examples.map((example) => payloads[event](example as never));
  const lost = [...fieldsOf(schema)].filter((field) => !sent.some((payload) => hasField(payload, field)));
  expect(lost, "copy it in server/realtime/broadcaster.ts, and show it in an example of its schema").toEqual([]);
});

describe("a payload that breaks its schema", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "is refused for %s, which JSON would turn into null",
    (value) => {
      const error = refusal(() => payloads["market:update"]({ sectorId: "tech-001", value }));
      expect(error).toMatchObject({ code: "ERR_BROADCAST_INVALID", event: "market:update", pointer: "/value" });
      expect(error.message).toContain(`but is ${value}. Nothing was sent`);
    },
  );

  test.each([
    ["an unknown key", { indexValue: 1, volume: 5 }, "/volume", "5"],
    ["neither value nor index", { sectorId: "tech-001" }, "", "an object"],
    ["an empty id", { sectorId: "", value: 1 }, "/sectorId", '""'],
    ["a number as text", { value: "1250.5" }, "/value", '"1250.5"'],
    [
      "a day that does not exist",
      { indexValue: 1, timestamp: "2025-02-30T00:00:00.000Z" },
      "/timestamp",
      '"2025-02-30T00:00:00.000Z"',
    ],
    [
      "a second that does not exist",
      { indexValue: 1, timestamp: "2016-12-31T23:59:60Z" },
      "/timestamp",
      '"2016-12-31T23:59:60Z"',
    ],
    [
      "an offset for Z",
      { indexValue: 1, timestamp: "2025-01-15T10:30:00+00:00" },
      "/timestamp",
      '"2025-01-15T10:30:00+00:00"',
    ],
    ["nothing at all", undefined, "", "missing"],
    ["null", null, "", "null"],
    ["a list", [], "", "an array of 0"],
    ["a bigint", { value: 1n }, "/value", "the bigint 1"],
  ])("names the place and the value: %s", (_case, update, pointer, value) => {
    const error = refusal(() => payloads["market:update"](update as never));
    expect(error.pointer).toBe(pointer);
    expect(error.message).toContain(`but is ${value}.`);
    expect(error.message).toContain("broadcastMarketUpdate: ");
    expect(error.message).toContain("schemas/broadcasts/market-update.schema.json");
  });

  test("is found inside a candle and a message too", () => {
    const candle = { timestamp: "2025-01-15T10:30:00.000Z", value: 1, high: "2" } as never;
    expect(refusal(() => payloads["sector:candle_update"]({ sectorId: "tech-001", candle })).pointer).toBe(
      "/candle/high",
    );
    const message = { id: "msg-456", content: "Hello!" } as never;
    expect(refusal(() => payloads["discussion:new_message"]({ discussionId: "disc-123", message })).pointer).toBe(
      "/message/authorId",
    );
    expect(refusal(() => payloads["agent:status_update"]({ agentId: "agent-789" } as never)).pointer).toBe("/status");
  });

  test("is described in a short sentence however long its value is", () => {
    expect(refusal(() => payloads["market:update"]({ value: "9".repeat(1e6) as never })).message.length).toBeLessThan(
      300,
    );
  });
});

test("whatever is accepted fits the schema of its event", () => {
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const price = optional(fc.double());
  const text = optional(
    fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.string(),
    ),
  );
  const update = fc.record({ sectorId: optional(fc.string()), value: price, indexValue: price, timestamp: text });
  fc.assert(
    fc.property(update, (given) => {
      let wire: unknown;
      try {
        wire = payloads["market:update"](given);
      } catch (error) {
        return error instanceof BroadcastError;
      }
      return findEventViolations("market:update", wire).length === 0 && !JSON.stringify(wire).includes("null");
    }),
  );
});
