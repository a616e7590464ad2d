/** /api/agents. A patch that changes an agent's status is broadcast by the world, as any other change of status. */
import type { Router } from "@koa/router";
import type { Agent, AgentCreate } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import type { AgentView } from "../../simulator/index.js";
import { readBody } from "./body.js";
import type { Commands } from "./commands.js";
import { addItemRoutes } from "./item-routes.js";
import type { ApiOptions } from "./options.js";
import { linkNextPage, pageById } from "./paging.js";
import { readPageQuery, readText } from "./query.js";
import { validateSectorId } from "./sectors.js";

function toAgent(view: Omit<AgentView, "revision">): Agent {
  return {
    id: view.id,
    name: view.name,
    role: view.role,
    ...(view.sectorId === undefined ? {} : { sectorId: view.sectorId }),
    status: view.status,
    statusSince: formatInstant(view.statusSinceMs),
  };
}

export function addAgentRoutes(router: Router, { host }: ApiOptions, commands: Commands): void {
  router.get("/api/agents", (context) => {
    const status = readText(context, "status");
    const sectorId = readText(context, "sectorId");
    const agents = host.world
      .agents()
      .filter(
        (agent) =>
          (status === undefined || agent.status === status) && (sectorId === undefined || agent.sectorId === sectorId),
      );
    const page = pageById(agents, readPageQuery(context));
    linkNextPage(context, page.nextCursor);
    context.body = { ...page, data: page.data.map(toAgent) };
  });

  addItemRoutes<AgentView, AgentCreate>(router, commands, {
    kind: "agent",
    path: "/api/agents",
    view: (id) => host.world.agent(id),
    show: toAgent,
    readCreation: (context) => readBody(context, "requests/agent-create.schema.json"),
    create(body, id) {
      validateSectorId(host.world, body.sectorId);
      const agent = { status: "idle", ...body, id };
      return {
        command: { type: "createAgent", agent },
        resourceAt: (atMs) => toAgent({ ...agent, statusSinceMs: atMs }),
      };
    },
    idPrefix: "agent",
    async patch(context, id) {
      const patch = await readBody(context, "requests/agent-patch.schema.json");
      return () => {
        validateSectorId(host.world, patch.sectorId);
        return { type: "patchAgent", id, patch };
      };
    },
    remove: (id) => ({ type: "deleteAgent", id }),
  });
}
