/** One resource out of a list: read with its revision, patched and deleted under it. The same for every kind. */
import type { Router } from "@koa/router";
import type { Context } from "koa";
import type { Command } from "../../simulator/index.js";
import type { Commands } from "./commands.js";
import { setRevision } from "./conditional.js";

export interface Item<View extends { readonly revision: number }> {
  readonly kind: "agent" | "discussion" | "sector";
  /** Of the list; the resource's id comes behind it. */
  readonly path: string;
  /** The view of the world, or the 404 that says where to look. */
  readonly find: (id: string) => View;
  readonly show: (view: View) => object;
  /** The command that a PATCH asks for, its body held to its schema. */
  readonly patch: (context: Context, id: string) => Promise<Command>;
  readonly remove: (id: string) => Command;
}

export function addItemRoutes<View extends { readonly revision: number }>(
  router: Router,
  commands: Commands,
  { kind, path, find, show, patch, remove }: Item<View>,
): void {
  const targetOf = (id: string) => ({ key: `${kind}/${id}`, find: () => find(id) });

  function answer(context: Context, view: View): void {
    setRevision(context, view);
    context.body = show(view);
  }

  router.get(`${path}/:id`, (context) => answer(context, find(context.params["id"])));

  router.patch(`${path}/:id`, async (context) => {
    const id = context.params["id"];
    find(id);
    await commands.change(context, targetOf(id), await patch(context, id));
    answer(context, find(id));
  });

  router.delete(`${path}/:id`, async (context) => {
    const id = context.params["id"];
    await commands.change(context, targetOf(id), remove(id));
    context.status = 204;
  });
}
