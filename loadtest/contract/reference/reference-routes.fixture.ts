/** The little server's resources: what each path answers, and which defect spoils it. */
import type { HasDefect } from "./defects.fixture.js";
import { createLittleHistories } from "./reference-histories.fixture.js";
import {
  type LittleBody,
  LittleProblem,
  type LittleReply,
  type LittleRequest,
  pageOf,
  readBody,
} from "./reference-http.fixture.js";
import {
  type LittleAgent,
  type LittleMessage,
  type LittleRoom,
  type LittleSector,
  type LittleWorld,
  instantOf,
} from "./reference-world.fixture.js";

/** What the routes cause on the other channel. */
export interface LittleEvents {
  message(message: LittleMessage): void;
  status(agent: LittleAgent): void;
}

type Entity = LittleSector | LittleAgent | LittleRoom;
type Kind = "sector" | "agent" | "discussion";

const methodsOf: readonly [RegExp, string][] = [
  [/^\/health$/, "GET, HEAD"],
  [/^\/api\/(?:sectors|agents|discussions)$/, "GET, HEAD, POST"],
  [/^\/api\/(?:sectors|agents|discussions)\/[^/]+$/, "GET, HEAD, PATCH, DELETE"],
  [/^\/api\/sectors\/[^/]+\/candles$/, "GET, HEAD"],
  [/^\/api\/discussions\/[^/]+\/messages$/, "GET, HEAD, POST"],
  [/^\/api\/discussions\/[^/]+\/messages\/[^/]+$/, "GET, HEAD"],
];

export function createLittleRoutes(
  world: LittleWorld,
  events: LittleEvents,
  has: HasDefect,
): (request: LittleRequest) => LittleReply {
  const collections: Record<Kind, Map<string, Entity>> = {
    sector: world.sectors,
    agent: world.agents,
    discussion: world.rooms,
  };
  const histories = createLittleHistories(world, (message) => events.message(message), has);
  const replies = new Map<string, { fingerprint: string; reply: LittleReply }>();
  let serial = 0;
  const stale = new Map<string, unknown>();

  function shown(kind: Kind, entity: Entity, inList: boolean): LittleBody {
    const { revision: _revision, ...body } = entity as Entity & LittleBody;
    if (kind === "sector") return shownSector(entity as LittleSector, body);
    if (kind === "discussion") {
      const { messages, ...room } = body as unknown as LittleRoom;
      return {
        ...room,
        messageCount: messages.length,
        ...(messages.length === 0 ? {} : { lastMessageAt: messages.at(-1)?.timestamp }),
      };
    }
    if (has("list-other-name") && inList) return { ...body, name: `${String(body["name"])} (listed)` };
    if (has("event-without-change")) return { ...body, status: "asleep" };
    return body;
  }

  function shownSector(sector: LittleSector, body: LittleBody): LittleBody {
    const full: LittleBody = {
      ...body,
      change: Math.round((sector.value - sector.open) * 100) / 100,
      changePercent: Math.round(((sector.value - sector.open) / sector.open) * 1e4) / 100,
    };
    if (has("body-field-missing")) delete full["updatedAt"];
    if (has("body-number-as-text")) full["value"] = String(sector.value);
    if (has("body-naive-timestamp")) full["updatedAt"] = sector.updatedAt.slice(0, -1);
    if (has("extra-body-field")) full["mood"] = "good";
    if (!has("rest-lags")) return full;
    if (!stale.has(sector.id)) stale.set(sector.id, full);
    return stale.get(sector.id) as LittleBody;
  }

  function etagOf(entity: Entity): Record<string, string> {
    if (has("etag-lost")) return {};
    if (has("etag-random")) return { etag: `"${(serial += 1)}"` };
    return { etag: has("etag-frozen") ? '"1"' : `"r${entity.revision}"` };
  }

  function find(kind: Kind, id: string): Entity {
    const entity =
      collections[kind].get(id) ?? (has("unknown-id-found") ? [...collections[kind].values()][0] : undefined);
    if (entity === undefined) throw new LittleProblem(404, `There is no ${kind} ${id}.`);
    return entity;
  }

  function requireMatch(request: LittleRequest, entity: Entity): void {
    const condition = request.headers["if-match"];
    if (condition === undefined || has("if-match-ignored")) return;
    if (condition !== etagOf(entity)["etag"] || has("if-match-refused"))
      throw new LittleProblem(412, "It has changed since.");
  }

  function list(kind: Kind, { query }: LittleRequest): LittleReply {
    if (has("empty-list") && kind === "discussion")
      return { status: 200, body: { data: [], nextCursor: null, hasMore: false } };
    const entities = [...collections[kind].values()]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .filter((entity) => !has("created-unlisted") || !entity.id.startsWith("ct-"));
    const [status, sectorId] = [query.get("status"), query.get("sectorId")];
    const rows = entities.filter((entity) => {
      const agent = entity as LittleAgent;
      return (
        (status === null || has("filter-ignored") || agent.status === status) &&
        (sectorId === null || agent.sectorId === sectorId)
      );
    });
    const page = pageOf(rows, ({ id }) => id, query, has);
    return { status: 200, body: { ...page, data: page.data.map((entity) => shown(kind, entity, true)) } };
  }

  function make(kind: Kind, body: LittleBody): Entity {
    const id = (body["id"] as string | undefined) ?? `${kind}-u${(serial += 1)}`;
    if (collections[kind].has(id) && !has("id-taken-twice")) throw new LittleProblem(409, `${id} is taken.`);
    const at = instantOf(world.nowMs);
    if (kind === "sector") {
      const value = (body["value"] as number | undefined) ?? 100;
      return {
        indexWeight: 0.01,
        beta: 1,
        idioVolatilityPercent: 10,
        ...body,
        id,
        value,
        open: value,
        updatedAt: at,
        revision: 1,
      } as LittleSector;
    }
    if (kind === "agent")
      return {
        status: "idle",
        ...body,
        ...(has("field-dropped") ? { role: "trader" } : {}),
        id,
        statusSince: at,
        revision: 1,
      } as LittleAgent;
    return { ...body, id, createdAt: at, revision: 1, messages: [] } as unknown as LittleRoom;
  }

  function create(kind: Kind, request: LittleRequest): LittleReply {
    const entity = make(kind, readBody(request, `requests/${kind}-create.schema.json`, world, has));
    collections[kind].set(entity.id, entity);
    if (kind === "agent") events.status(entity as LittleAgent);
    const location = has("location-astray") ? `/api/elsewhere/${entity.id}` : `/api/${kind}s/${entity.id}`;
    return {
      status: has("created-as-200") ? 200 : 201,
      body: shown(kind, entity, false),
      headers: { ...etagOf(entity), ...(has("location-lost") ? {} : { location }) },
    };
  }

  function patch(kind: Kind, id: string, request: LittleRequest): LittleReply {
    const entity = find(kind, id);
    const body = readBody(request, `requests/${kind}-patch.schema.json`, world, has);
    requireMatch(request, entity);
    const before = (entity as LittleAgent).status;
    const nameField = kind === "discussion" ? "title" : "name";
    if (has("patch-resets") && !(nameField in body)) Object.assign(entity, { [nameField]: "Nameless" });
    Object.assign(entity, body, { revision: entity.revision + 1 });
    if ("sectorId" in body && body["sectorId"] === null) delete (entity as { sectorId?: unknown }).sectorId;
    if (kind === "agent" && (entity as LittleAgent).status !== before && !has("patch-not-sent"))
      events.status(entity as LittleAgent);
    return { status: 200, body: shown(kind, entity, false), headers: etagOf(entity) };
  }

  function remove(kind: Kind, id: string, request: LittleRequest): LittleReply {
    const entity = find(kind, id);
    requireMatch(request, entity);
    const isUsed =
      kind === "sector" && [...world.agents.values(), ...world.rooms.values()].some(({ sectorId }) => sectorId === id);
    if (isUsed && !has("used-sector-deleted")) throw new LittleProblem(409, "It is in use.");
    if (!has("deletion-forgotten")) collections[kind].delete(id);
    if (has("deleted-as-200")) return { status: 200, body: shown(kind, entity, false) };
    return { status: 204, ...(has("deleted-in-chunks") && { headers: { "transfer-encoding": "chunked" } }) };
  }

  function read(kind: Kind, id: string, request: LittleRequest): LittleReply {
    const entity = find(kind, id);
    const tags = etagOf(entity);
    const condition = request.headers["if-none-match"];
    if (condition !== undefined && (condition === tags["etag"] || has("not-modified-always")))
      return { status: 304, headers: tags };
    return { status: 200, body: shown(kind, entity, false), headers: tags };
  }

  /** A creation under its key: the same request gets the same reply. */
  function once(request: LittleRequest, act: () => LittleReply): LittleReply {
    const key = request.headers["idempotency-key"];
    if (typeof key !== "string" || has("keys-ignored")) return act();
    const fingerprint = `${request.path} ${request.text}`;
    const kept = replies.get(key);
    if (kept !== undefined && kept.fingerprint !== fingerprint && !has("key-for-anything"))
      throw new LittleProblem(422, "The key is another request's.");
    if (kept !== undefined) return kept.reply;
    const reply = act();
    replies.set(key, { fingerprint, reply });
    return reply;
  }

  function routeResource(
    kind: Kind,
    id: string | undefined,
    rest: readonly string[],
    request: LittleRequest,
  ): LittleReply {
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (id === undefined) return method === "GET" ? list(kind, request) : once(request, () => create(kind, request));
    if (rest.length === 0)
      return method === "GET"
        ? read(kind, id, request)
        : method === "PATCH"
          ? patch(kind, id, request)
          : remove(kind, id, request);
    if (rest[0] === "candles") return histories.candles(find("sector", id).id, request);
    const room = find("discussion", id) as LittleRoom;
    if (rest.length === 1)
      return method === "GET" ? histories.messages(room, request) : once(request, () => histories.post(room, request));
    const message = room.messages.find((one) => one.id === rest[1]);
    if (message === undefined) throw new LittleProblem(404, "There is no such message.");
    return { status: 200, body: message };
  }

  return function route(request) {
    const { path, method } = request;
    if (has("query-fails") && request.query.get("cursor") === "this-is-no-cursor")
      throw new Error("an unhandled cursor");
    const allow = methodsOf.find(([pattern]) => pattern.test(path))?.[1];
    if (allow === undefined) throw new LittleProblem(404, `There is nothing at ${path}.`);
    if (!allow.split(", ").includes(method) || (method === "HEAD" && has("head-refused"))) {
      throw new LittleProblem(has("method-not-found") ? 404 : 405, `${path} does not take ${method}.`, {
        headers: has("allow-lost") ? {} : { allow },
      });
    }
    const simulation = { seed: "1", scenario: "little", tick: 1, speed: 1, state: "playing" };
    if (path === "/health") {
      if (has("health-fails")) throw new LittleProblem(404, "Not here.");
      return {
        status: 200,
        body: { status: has("health-other-status") ? "fine" : "ok", uptimeSeconds: 1, version: "1", simulation },
      };
    }
    const [, , collection = "", id, ...rest] = path.split("/");
    return routeResource(
      collection.slice(0, -1) as Kind,
      id === undefined ? undefined : decodeURIComponent(id),
      rest.map(decodeURIComponent),
      request,
    );
  };
}
