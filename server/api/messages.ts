/**
 * /api/discussions/:id/messages: newest first, posted and simulated ones alike.
 *
 * A posted message gets its instant and its author's name here, at acceptance, and the command carries
 * both: the row that is stored, the event that is broadcast and the reply are one and the same.
 */
import type { Router } from "@koa/router";
import type { Message } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import { readBody } from "./body.js";
import type { Commands } from "./commands.js";
import { requireDiscussion } from "./discussions.js";
import type { ApiOptions } from "./options.js";
import { linkNextPage } from "./paging.js";
import { unknownResource } from "../http/problems.js";
import { pathParameter, readPageQuery } from "./query.js";
import type { StoreReads } from "./store-reads.js";

export function addMessageRoutes(
  router: Router,
  { host, store }: ApiOptions,
  commands: Commands,
  reads: StoreReads,
): void {
  router.get("/api/discussions/:id/messages", async (context) => {
    const { id } = requireDiscussion(host.world, pathParameter(context, "id"));
    const query = readPageQuery(context);
    const page = await reads.run(() => store.messages(id, query));
    linkNextPage(context, page.nextCursor);
    context.body = page;
  });

  router.get("/api/discussions/:id/messages/:messageId", async (context) => {
    const { id } = requireDiscussion(host.world, pathParameter(context, "id"));
    const messageId = pathParameter(context, "messageId");
    const message = await reads.run(() => store.message(id, messageId));
    if (message === undefined) throw unknownResource("message", messageId, `/api/discussions/${id}/messages`);
    context.body = message;
  });

  router.post("/api/discussions/:id/messages", async (context) => {
    const { id: discussionId } = requireDiscussion(host.world, pathParameter(context, "id"));
    const body = await readBody(context, "requests/message-create.schema.json");
    await commands.create(context, {
      body,
      isRevised: false,
      buildCommand: () => {
        const { content, authorId } = body;
        const id = commands.newId("msg", () => false);
        const timestampMs = host.world.nowMs;
        const authorName = body.authorName ?? host.world.agent(authorId)?.name ?? authorId;
        const type = body.type ?? "text";
        const timestamp = formatInstant(timestampMs);
        const message: Message = { discussionId, id, content, authorId, authorName, timestamp, type };
        return {
          command: {
            type: "postMessage",
            discussionId,
            message: { id, content, authorId, authorName, type, timestampMs },
          },
          location: `/api/discussions/${discussionId}/messages/${id}`,
          message,
          // Its instant is the one of its acceptance.
          resourceAt: () => message,
        };
      },
    });
  });
}
