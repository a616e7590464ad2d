import { expect, test } from "vitest";
import { type OwnState, Roster } from "./roster.js";

interface Told {
  readonly roster: Roster;
  own: OwnState;
}

let nowMs = 0;

function createMember(id: string, port: number): Told {
  const told: { roster?: Roster; own: OwnState } = {
    own: { id, url: `http://localhost:${port}`, role: "follower", epoch: 1, tick: 100, subscribers: 0, silentMs: 0 },
  };
  told.roster = new Roster(
    () => told.own,
    () => nowMs,
  );
  return told as Told;
}

/** One that leads, and two that follow. */
function createCluster(): readonly [Told, Told, Told] {
  nowMs = 1_000_000;
  const all = [createMember("a", 8000), createMember("b", 8001), createMember("c", 8002)] as const;
  all[0].own = { ...all[0].own, role: "leader" };
  all[0].roster.lead(1);
  return all;
}

/** What happens when a follower asks. */
function exchange(follower: Told, leader: Told): void {
  leader.roster.hear(follower.roster.header());
  const { id, role, epoch } = leader.own;
  const member = { id, role, epoch, silentMs: 0, entries: {}, leadsForMs: leader.roster.leadsForMs };
  const simulation = { seed: "1", scenario: "calm", tick: 1, speed: 1, state: "playing" };
  const health = { status: "ok", uptimeSeconds: 1, version: "1", simulation };
  follower.roster.learn(JSON.stringify({ ...health, member: { ...member, members: leader.roster.members() } }));
}

test("each member knows all of them, and how far each is behind the leader", () => {
  const [a, b, c] = createCluster();
  b.own = { ...b.own, tick: 97, subscribers: 250 };
  exchange(b, a);
  nowMs += 500;
  exchange(c, a);
  expect(c.roster.members()).toEqual([
    { ...a.own, behindTicks: 0, heardAgoMs: 0 },
    { ...b.own, behindTicks: 3, heardAgoMs: 500 },
    { ...c.own, behindTicks: 0, heardAgoMs: 0 },
  ]);
  expect(b.roster.members().map(({ id, behindTicks }) => [id, behindTicks])).toEqual([
    ["a", 0],
    ["b", 3],
  ]);
  expect([a.roster.leadsForMs, c.roster.leadsForMs, b.roster.leadsForMs]).toEqual([500, 500, 500]);
});

test("a leader that is gone leads no more, ages, and is forgotten after a minute", () => {
  const [a, b, c] = createCluster();
  exchange(b, a);
  exchange(c, a);
  nowMs += 10_000;
  b.own = { ...b.own, role: "leader", epoch: 2 };
  c.own = { ...c.own, epoch: 2 };
  expect(c.roster.leadsForMs).toBe(null);
  b.roster.lead(2);
  nowMs += 3000;
  exchange(c, b);
  expect(c.roster.leadsForMs).toBe(3000);
  expect(c.roster.members().map(({ id, role, heardAgoMs }) => [id, role, heardAgoMs])).toEqual([
    ["a", "follower", 13_000],
    ["b", "leader", 0],
    ["c", "follower", 0],
  ]);
  nowMs += 50_000;
  exchange(c, b);
  expect(c.roster.members().map(({ id }) => id)).toEqual(["b", "c"]);
});

test.each(["", "%", "{}", encodeURIComponent('{"id":7}'), "null"])("what is no member is left out: %s", (header) => {
  const [a] = createCluster();
  a.roster.hear(header);
  a.roster.learn(header);
  expect(a.roster.members()).toHaveLength(1);
});
