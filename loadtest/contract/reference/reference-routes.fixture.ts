/** The reference server's resources: what each path answers, and which defect spoils it. */
import type { HasDefect } from "./defects.fixture.js";
import { createReferenceHistories } from "./reference-histories.fixture.js";
import {
  type ReferenceBody,
  ReferenceProblem,
  type ReferenceReply,
  type ReferenceRequest,
  pageOf,
  readBody,
} from "./reference-http.fixture.js";
import {
  type ReferenceAgent,
  type ReferenceMessage,
  type ReferenceRoom,
  type ReferenceSector,
  type ReferenceWorld,
  instantOf,
} from "./reference-world.fixture.js";

/** What the routes cause on the other channel. */
export interface ReferenceEvents {
  message(message: ReferenceMessage): void;
  status(agent: ReferenceAgent): void;
}

type Entity = ReferenceSector | ReferenceAgent | ReferenceRoom;
type Kind = "sector" | "agent" | "discussion";

const methodsOf: readonly [RegExp, string][] = [
  [/^\/health$/, "GET, HEAD"],
  [/^\/api\/(?:sectors|agents|discussions)$/, "GET, HEAD, POST"],
  [/^\/api\/(?:sectors|agents|discussions)\/[^/]+$/, "GET, HEAD, PATCH, DELETE"],
  [/^\/api\/sectors\/[^/]+\/candles$/, "GET, HEAD"],
  [/^\/api\/discussions\/[^/]+\/messages$/, "GET, HEAD, POST"],
  [/^\/api\/discussions\/[^/]+\/messages\/[^/]+$/, "GET, HEAD"],
];

export function createReferenceRoutes(
  world: ReferenceWorld,
  events: ReferenceEvents,
  has: HasDefect,
): (request: ReferenceRequest) => ReferenceReply {
  const collections: Record<Kind, Map<string, Entity>> = {
    sector: world.sectors,
    agent: world.agents,
    discussion: world.rooms,
  };
  const histories = createReferenceHistories(world, (message) => events.message(message), has);
  const replies = new Map<string, { fingerprint: string; reply: ReferenceReply }>();
  let serial = 0;
  const stale = new Map<string, unknown>();

  function shown(kind: Kind, entity: Entity, inList: boolean): ReferenceBody {
    const { revision: _revision, ...body } = entity as Entity & ReferenceBody;
    if (kind === "sector") return shownSector(entity as ReferenceSector, body);
    if (kind === "discussion") {
      const { messages, ...room } = body as unknown as ReferenceRoom;
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

  function shownSector(sector: ReferenceSector, body: ReferenceBody): ReferenceBody {
    const full: ReferenceBody = {
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
    return stale.get(sector.id) as ReferenceBody;
  }

  function etagOf(entity: Entity): Record<string, string> {
    if (has("etag-lost")) return {};
    if (has("etag-random")) return { etag: `"${(serial += 1)}"` };
    return { etag: has("etag-frozen") ? '"1"' : `"r${entity.revision}"` };
  }

  function find(kind: Kind, id: string): Entity {
    const entity =
      collections[kind].get(id) ?? (has("unknown-id-found") ? [...collections[kind].values()][0] : undefined);
    if (entity === undefined) throw new ReferenceProblem(404, `There is no ${kind} ${id}.`);
    return entity;
  }

  function requireMatch(request: ReferenceRequest, entity: Entity): void {
    const condition = request.headers["if-match"];
    if (condition === undefined || has("if-match-ignored")) return;
    if (condition !== etagOf(entity)["etag"] || has("if-match-refused"))
      throw new ReferenceProblem(412, "It has changed since.");
  }

  function list(kind: Kind, { query }: ReferenceRequest): ReferenceReply {
    if (has("empty-list") && kind === "discussion")
      return { status: 200, body: { data: [], nextCursor: null, hasMore: false } };
    const entities = [...collections[kind].values()]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .filter((entity) => !has("created-unlisted") || !entity.id.startsWith("ct-"));
    const [status, sectorId] = [query.get("status"), query.get("sectorId")];
    const rows = entities.filter((entity) => {
      const agent = entity as ReferenceAgent;
      return (
        (status === null || has("filter-ignored") || agent.status === status) &&
        (sectorId === null || agent.sectorId === sectorId)
      );
    });
    const page = pageOf(rows, ({ id }) => id, query, has);
    return { status: 200, body: { ...page, data: page.data.map((entity) => shown(kind, entity, true)) } };
  }

  function make(kind: Kind, body: ReferenceBody): Entity {
    const id = (body["id"] as string | undefined) ?? `${kind}-u${(serial += 1)}`;
    if (collections[kind].has(id) && !has("id-taken-twice")) throw new ReferenceProblem(409, `${id} is taken.`);
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
      } as ReferenceSector;
    }
    if (kind === "agent")
      return {
        status: "idle",
        ...body,
        ...(has("field-dropped") ? { role: "trader" } : {}),
        id,
        statusSince: at,
        revision: 1,
      } as ReferenceAgent;
    return { ...body, id, createdAt: at, revision: 1, messages: [] } as unknown as ReferenceRoom;
  }

  function create(kind: Kind, request: ReferenceRequest): ReferenceReply {
    const entity = make(kind, readBody(request, `requests/${kind}-create.schema.json`, world, has));
    collections[kind].set(entity.id, entity);
    if (kind === "agent") events.status(entity as ReferenceAgent);
    const location = has("location-astray") ? `/api/elsewhere/${entity.id}` : `/api/${kind}s/${entity.id}`;
    return {
      status: has("created-as-200") ? 200 : 201,
      body: shown(kind, entity, false),
      headers: { ...etagOf(entity), ...(has("location-lost") ? {} : { location }) },
    };
  }

  function patch(kind: Kind, id: string, request: ReferenceRequest): ReferenceReply {
    const entity = find(kind, id);
    const body = readBody(request, `requests/${kind}-patch.schema.json`, world, has);
    requireMatch(request, entity);
    const before = (entity as ReferenceAgent).status;
    const nameField = kind === "discussion" ? "title" : "name";
    if (has("patch-resets") && !(nameField in body)) Object.assign(entity, { [nameField]: "Nameless" });
    Object.assign(entity, body, { revision: entity.revision + 1 });
    if ("sectorId" in body && body["sectorId"] === null) delete (entity as { sectorId?: unknown }).sectorId;
    if (kind === "agent" && (entity as ReferenceAgent).status !== before && !has("patch-not-sent"))
      events.status(entity as ReferenceAgent);
    return { status: 200, body: shown(kind, entity, false), headers: etagOf(entity) };
  }

  function remove(kind: Kind, id: string, request: ReferenceRequest): ReferenceReply {
    const entity = find(kind, id);
    requireMatch(request, entity);
    const isUsed =
      kind === "sector" && [...world.agents.values(), ...world.rooms.values()].some(({ sectorId }) => sectorId === id);
    if (isUsed && !has("used-sector-deleted")) throw new ReferenceProblem(409, "It is in use.");
    if (!has("deletion-forgotten")) collections[kind].delete(id);
    if (has("deleted-as-200")) return { status: 200, body: shown(kind, entity, false) };
    return { status: 204, ...(has("deleted-in-chunks") && { headers: { "transfer-encoding": "chunked" } }) };
  }

  function read(kind: Kind, id: string, request: ReferenceRequest): ReferenceReply {
    const entity = find(kind, id);
    const tags = etagOf(entity);
    const condition = request.headers["if-none-match"];
    if (condition !== undefined && (condition === tags["etag"] || has("not-modified-always")))
      return { status: 304, headers: tags };
    return { status: 200, body: shown(kind, entity, false), headers: tags };
  }

  /** A creation under its key: the same request gets the same reply. */
  function once(request: ReferenceRequest, act: () => ReferenceReply): ReferenceReply {
    const key = request.headers["idempotency-key"];
    if (typeof key !== "string" || has("keys-ignored")) return act();
    const fingerprint = `${request.path} ${request.text}`;
    const kept = replies.get(key);
    if (kept !== undefined && kept.fingerprint !== fingerprint && !has("key-for-anything"))
      throw new ReferenceProblem(422, "The key is another request's.");
    if (kept !== undefined) return kept.reply;
    const reply = act();
    replies.set(key, { fingerprint, reply });
    return reply;
  }

  function routeResource(
    kind: Kind,
    id: string | undefined,
    rest: readonly string[],
    request: ReferenceRequest,
  ): ReferenceReply {
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (id === undefined) return method === "GET" ? list(kind, request) : once(request, () => create(kind, request));
    if (rest.length === 0)
      return method === "GET"
        ? read(kind, id, request)
        : method === "PATCH"
          ? patch(kind, id, request)
          : remove(kind, id, request);
    if (rest[0] === "candles") return histories.candles(find("sector", id).id, request);
    const room = find("discussion", id) as ReferenceRoom;
    if (rest.length === 1)
      return method === "GET" ? histories.messages(room, request) : once(request, () => histories.post(room, request));
    const message = room.messages.find((one) => one.id === rest[1]);
    if (message === undefined) throw new ReferenceProblem(404, "There is no such message.");
    return { status: 200, body: message };
  }

  return function route(request) {
    const { path, method } = request;
    if (has("query-fails") && request.query.get("cursor") === "this-is-no-cursor")
      throw new Error("an unhandled cursor");
    const allow = methodsOf.find(([pattern]) => pattern.test(path))?.[1];
    if (allow === undefined) throw new ReferenceProblem(404, `There is nothing at ${path}.`);
    if (!allow.split(", ").includes(method) || (method === "HEAD" && has("head-refused"))) {
      throw new ReferenceProblem(has("method-not-found") ? 404 : 405, `${path} does not take ${method}.`, {
        headers: has("allow-lost") ? {} : { allow },
      });
    }
    const simulation = { seed: "1", scenario: "little", tick: 1, speed: 1, state: "playing" };
    if (path === "/health") {
      if (has("health-fails")) throw new ReferenceProblem(404, "Not here.");
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
