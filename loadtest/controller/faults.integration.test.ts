/** Faults planted between a sound server and the subscribers: each is found, counted exactly, and attributed. */
import { expect } from "vitest";
import type { Summary } from "../../schemas/index.js";
import {
  attack,
  expectNoFaults,
  noFaults,
  onHold,
  test as serverTest,
  shortPlan,
  verdictOnServer,
} from "../loadtest.fixture.js";
import { type RawFrame, fragment, rawFrame } from "../clients/frames.fixture.js";
import { opcodes } from "../core/frames.js";
import { type Tamper, startProxy } from "../proxy.fixture.js";

const thinPlan = { ...shortPlan, clients: 8, control: { websocket: 0, polling: 0 } };
interface Occasion {
  /** "hold" begins once every subscriber is connected. @default "hold" */
  readonly from?: "hold" | "beginning";
  /** What is sent from now on may not be owed any more. */
  readonly onDrain?: () => void;
}

type AttackThrough = (tamper: Tamper, occasion?: Occasion) => Promise<Summary>;

/** `test` with a run of thin subscribers against the shared server, behind a proxy that tampers with its frames. */
const test = serverTest.extend<{ attackThrough: AttackThrough }>({
  attackThrough: async ({ max }, use) => {
    await use(async (tamper, { from = "hold", onDrain } = {}) => {
      const proxy = await startProxy(max.url);
      const begin = () => (proxy.tamper = tamper);
      if (from === "beginning") begin();
      const target = { url: proxy.url, token: max.token };
      const { summary } = await attack(target, { plan: thinPlan, ...onHold(begin, onDrain) });
      return summary;
    });
  },
});

/** The subscriber that a fault was attributed to first. */
function firstWorst({ fairness }: Summary) {
  return fairness.worst[0];
}

/** Away from the beginning, so that the subscription has found its place. */
const hit = { connection: 3, index: 40 };
const isHit = ({ connection, index }: { readonly connection: number; readonly index: number }) =>
  connection === hit.connection && index === hit.index;

test("a proxy that does nothing leaves no trace", async ({ attackThrough }) => {
  const summary = await attackThrough(({ text }) => [text]);
  expectNoFaults(summary);
  expect(summary.conformance.violations).toBe(0);
});

test("a dropped frame is one lost delivery of one subscriber", async ({ attackThrough, skip }) => {
  let dropped = "";
  const summary = await attackThrough((event) => {
    if (!isHit(event)) return [event.text];
    dropped = event.text;
    return [];
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: 1 });
  expect(firstWorst(summary)).toMatchObject({ faults: 1, divergence: { kind: "lost", expected: dropped } });
  expect(verdictOnServer(skip, summary)).toBe("FAIL");
});

test("seven dropped ticks are all their deliveries", async ({ attackThrough }) => {
  let dropped = 0;
  const summary = await attackThrough((event) => {
    if (event.connection !== 2 || event.index < 50 || event.index >= 150) return [event.text];
    dropped += 1;
    return [];
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: dropped });
});

test("a doubled frame is one duplicate", async ({ attackThrough }) => {
  const summary = await attackThrough((event) => (isHit(event) ? [event.text, event.text] : [event.text]));
  expect(summary.deliveries).toMatchObject({ ...noFaults, duplicated: 1 });
  expect(firstWorst(summary)).toMatchObject({ faults: 1, divergence: { kind: "duplicated" } });
});

test("a frame that comes again ticks later is one duplicate", async ({ attackThrough }) => {
  let kept = "";
  const summary = await attackThrough((event) => {
    if (isHit(event)) kept = event.text;
    return event.connection === hit.connection && event.index === hit.index + 77 ? [event.text, kept] : [event.text];
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, duplicated: 1 });
});

test("two swapped frames are one reordered delivery", async ({ attackThrough }) => {
  let kept: string | undefined;
  const summary = await attackThrough((event) => {
    if (isHit(event)) {
      kept = event.text;
      return [];
    }
    if (kept === undefined || event.connection !== hit.connection) return [event.text];
    const texts = [event.text, kept];
    kept = undefined;
    return texts;
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, reordered: 1 });
  expect(firstWorst(summary)).toMatchObject({ faults: 1, divergence: { kind: "reordered" } });
});

test("a frame that comes fifty frames too late is reordered, not lost", async ({ attackThrough }) => {
  let kept = "";
  const summary = await attackThrough((event) => {
    if (event.connection !== hit.connection) return [event.text];
    if (event.index === hit.index) {
      kept = event.text;
      return [];
    }
    return event.index === hit.index + 50 ? [event.text, kept] : [event.text];
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, reordered: 1 });
});

test("an altered value is one corrupted delivery, and its field is named", async ({ attackThrough }) => {
  let altered = false;
  const summary = await attackThrough((event) => {
    const isFirst = event.connection === hit.connection && event.index >= hit.index && event.text.includes('"value"');
    if (!isFirst || altered) return [event.text];
    altered = true;
    return [event.text.replace(/"value":[\d.]+/, '"value":1')];
  });
  expect(summary.deliveries).toMatchObject({ ...noFaults, corrupted: 1 });
  expect(summary.divergences).toMatchObject([
    { pointer: expect.stringMatching(/\/value$/), keyword: "changed", deliveries: 1 },
  ]);
  expect(summary.conformance.violations).toBe(0);
});
test("a missing field breaks the contract for every subscriber, and the reason names event and field", async ({
  attackThrough,
}) => {
  const summary = await attackThrough(
    ({ text }) => [text.startsWith('["market:update"') ? text.replace(/,"timestamp":"[^"]+"/, "") : text],
    { from: "beginning" },
  );
  const sent = summary.events.find(({ event }) => event === "market:update");
  expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons.join("\n")).toMatch(/market:update \/timestamp/);
  expect(summary.deliveries).toMatchObject({ ...noFaults, corrupted: sent?.corrupted });
  expect(summary.conformance.violations).toBe(sent?.corrupted);
  expect(sent?.received).toBe(0);
});

test("a wrong type breaks the contract, and the reason names event and field", async ({ attackThrough }) => {
  const summary = await attackThrough((event) => [
    isHit(event) ? '["agent:status_update",{"agentId":7,"status":"idle"}]' : event.text,
  ]);
  expect(summary.deliveries).toMatchObject({ ...noFaults, corrupted: 1 });
  expect(summary.conformance).toMatchObject({
    violations: 1,
    details: [{ event: "agent:status_update", pointer: "/agentId" }],
  });
});

test("an event that nobody documented is unexpected and breaks the contract", async ({ attackThrough }) => {
  const summary = await attackThrough((event) => (isHit(event) ? [event.text, '["market:crash",{}]'] : [event.text]));
  expect(summary.deliveries).toMatchObject({ ...noFaults, unexpected: 1 });
  expect(summary.conformance.details).toMatchObject([{ event: "market:crash", keyword: "event" }]);
});

const eventFrame = (text: string, fields: Partial<RawFrame> = {}): Buffer =>
  rawFrame({ opcode: opcodes.text, payload: Buffer.from(`42${text}`), ...fields });

test("however events are fragmented, all of them are received", async ({ attackThrough }) => {
  const ping = rawFrame({ opcode: opcodes.ping, payload: Buffer.from("?") });
  const summary = await attackThrough(({ text, index }) => {
    const cuts = [{ at: (index % 10) / 9, controls: [ping] }];
    return { bytes: Buffer.concat(fragment(Buffer.from(`42${text}`), cuts)) };
  });
  expectNoFaults(summary);
  expect(summary.conformance.violations).toBe(0);
  expect(summary.clients.dropped).toBe(0);
});

test.for([
  ["a masked frame", (text: string) => eventFrame(text, { masked: true }), "WebSocket a masked frame from the server"],
  [
    "an acknowledgement beside an event",
    (text: string) =>
      Buffer.concat([eventFrame(text), rawFrame({ opcode: opcodes.text, payload: Buffer.from("430[]") })]),
    "Socket.IO an acknowledgement that was not asked for",
  ],
] as const)("%s breaks the contract, and the reason names it", async ([, encode, named], { attackThrough }) => {
  const summary = await attackThrough((event) => ({
    bytes: isHit(event) ? encode(event.text) : eventFrame(event.text),
  }));
  expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons.join("\n")).toContain(`1 delivery break the contract: ${named}`);
});

test("other key order and other number formats are no fault", async ({ attackThrough }) => {
  const summary = await attackThrough(
    ({ text }) => [
      text.replace(
        /"value":([\d.]+),("timestamp":"[^"]+")/,
        (_, value: string, timestamp: string) => `${timestamp},"value":${value}`,
      ),
    ],
    { from: "beginning" },
  );
  expectNoFaults(summary);
});

test("delayed frames are late, and nothing else", async ({ attackThrough }) => {
  const summary = await attackThrough((event) => {
    const isDelayed = event.connection === hit.connection && event.index === 200;
    return isDelayed ? { texts: [event.text], delayMs: 250 } : [event.text];
  });
  expectNoFaults(summary);
  expect(summary.latencyMs.max).toBeGreaterThanOrEqual(245);
  expect(summary.completionMs.max).toBeGreaterThanOrEqual(245);
  expect(firstWorst(summary).latencyMaxMs).toBeGreaterThanOrEqual(245);
});

test("a subscriber that is cut off is dropped, and all that it misses is lost", async ({ attackThrough, skip }) => {
  let isCut = false;
  let isOver = false;
  let missed = 0;
  const tamper: Tamper = (event) => {
    if (isHit(event)) {
      isCut = true;
      event.cut();
    }
    if (isCut && !isOver && event.connection === 0) missed += 1;
    return [event.text];
  };
  const summary = await attackThrough(tamper, { onDrain: () => (isOver = true) });
  expect(summary.clients.dropped).toBe(1);
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: expect.any(Number) });
  // The one that is counted may have been a tick behind.
  expect(summary.deliveries.lost).toBeGreaterThan(missed - 24);
  expect(summary.deliveries.lost).toBeGreaterThan(0);
  expect(verdictOnServer(skip, summary)).toBe("FAIL");
});

test("a subscriber that never gets anything was left silent, and lost all of it", async ({ attackThrough, skip }) => {
  let isOver = false;
  let kept = 0;
  let keptInTime = 0;
  const tamper: Tamper = ({ connection, text }) => {
    if (connection !== hit.connection) return [text];
    kept += 1;
    if (!isOver) keptInTime += 1;
    return [];
  };
  const summary = await attackThrough(tamper, { from: "beginning", onDrain: () => (isOver = true) });
  expect(summary.clients.silent).toBe(1);
  expect(summary.deliveries.lost).toBeLessThanOrEqual(kept);
  // What was meant to leave before it was connected, and left late, is not owed.
  expect(summary.deliveries.lost).toBeGreaterThan(keptInTime / 2);
  expect(verdictOnServer(skip, summary)).toBe("FAIL");
});
