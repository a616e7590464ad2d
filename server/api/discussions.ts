/** /api/discussions: the rooms. Their messages have a file of their own; deleting a room deletes them with it. */
import type { Router } from "@koa/router";
import type { Discussion, DiscussionCreate } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import type { DiscussionView, World } from "../../simulator/index.js";
import { readBody } from "./body.js";
import type { Commands } from "./commands.js";
import { addItemRoutes } from "./item-routes.js";
import { validateSectorId } from "./sectors.js";
import type { ApiOptions } from "./options.js";
import { linkNextPage, pageById } from "./paging.js";
import { unknownResource } from "../http/problems.js";
import { readPageQuery, readText } from "./query.js";

function toDiscussion(view: Omit<DiscussionView, "revision">): Discussion {
  return {
    id: view.id,
    title: view.title,
    ...(view.sectorId === undefined ? {} : { sectorId: view.sectorId }),
    messageCount: view.messageCount,
    ...(view.lastMessageAtMs === undefined ? {} : { lastMessageAt: formatInstant(view.lastMessageAtMs) }),
    createdAt: formatInstant(view.createdAtMs),
  };
}

/** The discussion, or the 404 that says where to look. */
export function requireDiscussion(world: World, id: string): DiscussionView {
  const view = world.discussion(id);
  if (view === undefined) throw unknownResource("discussion", id, "/api/discussions");
  return view;
}

export function addDiscussionRoutes(router: Router, { host }: ApiOptions, commands: Commands): void {
  router.get("/api/discussions", (context) => {
    const sectorId = readText(context, "sectorId");
    const all = host.world.discussions();
    const page = pageById(
      sectorId === undefined ? all : all.filter((room) => room.sectorId === sectorId),
      readPageQuery(context),
    );
    linkNextPage(context, page.nextCursor);
    context.body = { ...page, data: page.data.map(toDiscussion) };
  });

  addItemRoutes<DiscussionView, DiscussionCreate>(router, commands, {
    kind: "discussion",
    path: "/api/discussions",
    view: (id) => host.world.discussion(id),
    show: toDiscussion,
    readCreation: (context) => readBody(context, "requests/discussion-create.schema.json"),
    create(body, id) {
      validateSectorId(host.world, body.sectorId);
      const discussion = { ...body, id };
      return {
        command: { type: "createDiscussion", discussion },
        resourceAt: (atMs) => toDiscussion({ ...discussion, messageCount: 0, createdAtMs: atMs }),
      };
    },
    idPrefix: "disc",
    async patch(context, id) {
      const patch = await readBody(context, "requests/discussion-patch.schema.json");
      return () => {
        validateSectorId(host.world, patch.sectorId);
        return { type: "patchDiscussion", id, patch };
      };
    },
    remove: (id) => ({ type: "deleteDiscussion", id }),
  });
}
