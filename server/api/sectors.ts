/**
 * /api/sectors.
 *
 * The list is the hottest path of the API: pages poll it. Its JSON is made once a tick for each query
 * string, not once a request.
 */
import type { Router } from "@koa/router";
import type { Sector, SectorCreate } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import { type SectorView, type World, roundPrice, sectorDefaults } from "../../simulator/index.js";
import { invalidPlace, readBody } from "./body.js";
import type { Commands } from "./commands.js";
import { addItemRoutes } from "./item-routes.js";
import type { ApiOptions } from "./options.js";
import { linkNextPage, pageById } from "./paging.js";
import { priceChange } from "./market-index.js";
import { unknownResource } from "../http/problems.js";
import { readPageQuery } from "./query.js";

/** Distinct query strings whose answer is kept for a tick; beyond it they are made anew each time. */
const cachedAnswersMax = 64;

function toSector(view: Omit<SectorView, "revision">): Sector {
  return {
    id: view.id,
    name: view.name,
    value: view.value,
    open: view.open,
    ...priceChange(view.open, view.value),
    indexWeight: view.indexWeight,
    beta: view.beta,
    idioVolatilityPercent: view.idioVolatilityPercent,
    updatedAt: formatInstant(view.updatedAtMs),
  };
}

/** The sector, or the 404 that says where to look. */
export function requireSector(world: World, id: string): SectorView {
  const view = world.sector(id);
  if (view === undefined) throw unknownResource("sector", id, "/api/sectors");
  return view;
}

/** A sector that a body names must exist: its absence is a fault of the body (422). Null and undefined name none. */
export function validateSectorId(world: World, sectorId: string | null | undefined): void {
  if (sectorId === undefined || sectorId === null || world.sector(sectorId) !== undefined) return;
  throw invalidPlace(
    "/sectorId",
    "reference",
    `must be the id of a sector, and there is none ${JSON.stringify(sectorId)}`,
  );
}

interface CachedAnswer {
  readonly json: string;
  readonly nextCursor: string | null;
}

export function addSectorRoutes(router: Router, { host }: ApiOptions, commands: Commands): void {
  const cache = new Map<string, CachedAnswer>();
  let cachedWorld: World | undefined;
  let cachedTick = -1;
  let cachedExecuted = -1;

  function dropStaleAnswers(): void {
    const { world } = host;
    if (world === cachedWorld && world.tick === cachedTick && host.executed === cachedExecuted) return;
    cache.clear();
    cachedWorld = world;
    cachedTick = world.tick;
    cachedExecuted = host.executed;
  }

  router.get("/api/sectors", (context) => {
    dropStaleAnswers();
    let answer = cache.get(context.querystring);
    if (answer === undefined) {
      const page = pageById(host.world.sectors(), readPageQuery(context));
      answer = { json: JSON.stringify({ ...page, data: page.data.map(toSector) }), nextCursor: page.nextCursor };
      if (cache.size < cachedAnswersMax) cache.set(context.querystring, answer);
    }
    linkNextPage(context, answer.nextCursor);
    // Before Koa looks the type up.
    context.res.setHeader("Content-Type", "application/json; charset=utf-8");
    context.body = answer.json;
  });

  addItemRoutes<SectorView, SectorCreate>(router, commands, {
    kind: "sector",
    path: "/api/sectors",
    view: (id) => host.world.sector(id),
    show: toSector,
    readCreation: (context) => readBody(context, "requests/sector-create.schema.json"),
    create(body, id) {
      // Defaults are named in the command, so that the log tells them.
      const sector = { ...sectorDefaults, ...body, id };
      const value = roundPrice(sector.value);
      return {
        command: { type: "createSector", sector },
        resourceAt: (atMs) => toSector({ ...sector, value, open: value, updatedAtMs: atMs }),
      };
    },
    idPrefix: "sector",
    async patch(context, id) {
      const patch = await readBody(context, "requests/sector-patch.schema.json");
      return () => ({ type: "patchSector", id, patch });
    },
    remove: (id) => ({ type: "deleteSector", id }),
  });
}
