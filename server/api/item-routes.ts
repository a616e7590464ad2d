/**
 * The resources of a list, one at a time: created, read with their revision, patched and deleted under it. The same
 * for every kind.
 */
import type { Router } from "@koa/router";
import type { Context } from "koa";
import type { Command } from "../../simulator/index.js";
import type { Commands, PendingCreation } from "./commands.js";
import { setRevision } from "./conditional.js";
import { unknownResource } from "../http/problems.js";
import { pathParameter } from "./query.js";

export interface Item<View extends { readonly revision: number }, Body extends { readonly id?: string }> {
  readonly kind: "agent" | "discussion" | "sector";
  /** Of the list; the resource's id comes behind it. */
  readonly path: string;
  /** What the world has under this id. */
  readonly view: (id: string) => View | undefined;
  readonly show: (view: View) => object;
  /** The body of a POST, held to its schema. */
  readonly readCreation: (context: Context) => Promise<Body>;
  /** What a POST asks for; called when its turn has come. An id that is missing in the body is of the posted series. */
  readonly create: (body: Body, id: string) => Pick<PendingCreation, "command" | "resourceAt">;
  /** Ids of the posted series begin with it. */
  readonly idPrefix: string;
  /** The command that a PATCH asks for, its body held to its schema; called when its turn has come. */
  readonly patch: (context: Context, id: string) => Promise<() => Command>;
  readonly remove: (id: string) => Command;
}

export function addItemRoutes<View extends { readonly revision: number }, Body extends { readonly id?: string }>(
  router: Router,
  commands: Commands,
  { kind, path, view, show, readCreation, create, idPrefix, patch, remove }: Item<View, Body>,
): void {
  /** The resource, or the 404 that says where to look. */
  function find(id: string): View {
    const found = view(id);
    if (found === undefined) throw unknownResource(kind, id, path);
    return found;
  }

  function answer(context: Context, view: View): void {
    setRevision(context, view);
    context.body = show(view);
  }

  router.post(path, async (context) => {
    const body = await readCreation(context);
    await commands.create(context, {
      body,
      isRevised: true,
      buildCommand: () => {
        const id = body.id ?? commands.newId(idPrefix, (id) => view(id) !== undefined);
        return { ...create(body, id), location: `${path}/${id}` };
      },
    });
  });

  router.get(`${path}/:id`, (context) => answer(context, find(pathParameter(context, "id"))));

  router.patch(`${path}/:id`, async (context) => {
    const id = pathParameter(context, "id");
    find(id);
    const command = await patch(context, id);
    await commands.change(context, () => find(id), command);
    answer(context, find(id));
  });

  router.delete(`${path}/:id`, async (context) => {
    const id = pathParameter(context, "id");
    await commands.change(
      context,
      () => find(id),
      () => remove(id),
    );
    context.status = 204;
  });
}
