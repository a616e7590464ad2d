/** Each defect of the events is found by the rule that it breaks, in what two subscribers recorded. */
import { expect, test } from "vitest";
import { eventNames } from "../../../schemas/index.js";
import { createFindings } from "../core/findings.js";
import type { RuleName } from "../core/rules.js";
import { type DefectName, defects, endToEndDefects } from "../reference/defects.fixture.js";
import { pollingEvents, rawPackets, tickEvents } from "../reference/reference-server.fixture.js";
import { createReferenceWorld, instantOf } from "../reference/reference-world.fixture.js";
import { type ReceivedFrame, judgeAgreement } from "./agreement.js";
import { createEventJudge } from "./event-judge.js";

const ticks = 12;
const tickMs = 40;

/** The frames that a reference server with these defects sends to each transport. */
function record(planted: readonly DefectName[]): Record<"websocket" | "polling", ReceivedFrame[]> {
  const has = (name: DefectName): boolean => planted.includes(name);
  const world = createReferenceWorld();
  const frames = { websocket: [] as ReceivedFrame[], polling: [] as ReceivedFrame[] };
  for (let tick = 1; tick <= ticks; tick += 1) {
    const events = tickEvents(world, has, tick);
    const raw = rawPackets(has, instantOf(world.nowMs));
    const atMs = tick * tickMs;
    for (const transport of ["websocket", "polling"] as const) {
      const own = transport === "polling" ? pollingEvents(events, has, tick) : events;
      const packets = [...own.map((event) => `2${JSON.stringify(event)}`), ...raw];
      frames[transport].push(...packets.map((packet) => ({ packet, atMs })));
    }
  }
  return frames;
}

/** Rules that a recording breaks. */
function judge(planted: readonly DefectName[], strict: boolean): ReadonlySet<RuleName> {
  const findings = createFindings();
  const realtime = findings.judge("realtime", "events");
  const { websocket, polling } = record(planted);
  for (const frames of [websocket, polling]) {
    const eventCounts = Object.fromEntries(eventNames.map((name) => [name, { seen: 0, invalid: 0 }]));
    const events = createEventJudge(realtime, eventCounts as Parameters<typeof createEventJudge>[1]);
    for (const { packet } of frames) events.judge(packet);
  }
  const [a, b] = [
    { name: "websocket", frames: websocket },
    { name: "polling", frames: polling },
  ];
  judgeAgreement(realtime, a, b, { joinedMs: 0, toMs: (ticks - 1) * tickMs });
  const counted = findings.list().filter(({ severity }) => severity === "error" || strict);
  return new Set(counted.map(({ rule }) => rule));
}

const inEvents = (Object.keys(defects) as DefectName[]).filter(
  (name) => defects[name].profile === "realtime" && !endToEndDefects.has(name),
);

test.each(inEvents.map((name) => [defects[name].what, defects[name].rule, name] as const))(
  "%s breaks %s (%s)",
  (_what, rule, name) => {
    expect(judge([name], true)).toContain(rule);
  },
);

test("without a defect no rule is broken", () => {
  expect(judge([], true)).toEqual(new Set());
});
