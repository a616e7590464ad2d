/** A patched status: broadcast in time, as it was patched, and then what REST says. */
import type { AgentStatusUpdate } from "../../../schemas/index.js";
import { call } from "../rest/call.js";
import { type Row, textOf } from "../rest/rows.js";
import { awaitEvent } from "./event-wait.js";
import type { Fixtures } from "./fixtures.js";

const operation = "PATCH /api/agents/:id";

export async function judgeStatuses(fixtures: Fixtures): Promise<void> {
  const { rest, listening, own } = fixtures;
  for (const status of ["active", `${rest.tag}-checking`, "processing", "error", "idle"]) {
    const before = await call(rest, {
      operation: "GET /api/agents/:id",
      params: { id: own.agent },
      expect: 200,
      rule: "read-status",
    });
    // Patching to the status that an agent has already is no change, and not broadcast.
    if (before === undefined || textOf(before.json as Row, "status") === status) continue;
    const heard: AgentStatusUpdate[] = [];
    const stop = listening.onEvent(({ event, payload }) => {
      if (event === "agent:status_update" && (payload as AgentStatusUpdate).agentId === own.agent)
        heard.push(payload as AgentStatusUpdate);
    });
    const expected = listening.expectEvent(({ event, payload }) => {
      const update = payload as AgentStatusUpdate;
      return event === "agent:status_update" && update.agentId === own.agent && update.status === status;
    });
    const answer = await call(rest, {
      operation,
      params: { id: own.agent },
      json: { status },
      expect: 200,
      rule: "patch-status",
    });
    if (answer !== undefined) {
      const event = await awaitEvent(
        fixtures,
        expected,
        "patch-broadcast",
        "agent:status_update",
        `the status ${status} of ${own.agent}`,
      );
      if (event !== undefined) await judgeSettled(fixtures, event.payload as AgentStatusUpdate, heard);
    }
    stop();
  }
}

/** The event and the resource say the same, unless a later event says that it moved on. */
async function judgeSettled(
  fixtures: Fixtures,
  update: AgentStatusUpdate,
  heard: readonly AgentStatusUpdate[],
): Promise<void> {
  const { rest, own } = fixtures;
  const answer = await call(rest, {
    operation: "GET /api/agents/:id",
    params: { id: own.agent },
    expect: 200,
    rule: "read-status",
  });
  if (answer === undefined) return;
  const agent = answer.json as Row;
  rest.judge.check("event-equals-change", "agent:status_update", update.sectorId === agent["sectorId"], () => ({
    detail: `the event's sectorId is ${update.sectorId}, the agent's ${JSON.stringify(agent["sectorId"])}`,
    example: { event: update, agent },
  }));
  const isSame = agent["status"] === update.status || heard.some(({ status }) => status === agent["status"]);
  rest.judge.check("rest-behind-event", "agent:status_update", isSame, () => ({
    detail: `after the event with status ${update.status}, GET says ${JSON.stringify(agent["status"])}`,
    value: agent["status"],
    example: { event: update, agent },
  }));
}
