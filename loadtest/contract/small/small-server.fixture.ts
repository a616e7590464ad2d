/**
 * Small servers as others write them, which know the documented API and nothing of this project: bare node:http and stock
 * Socket.IO, with lists bare or wrapped, ids as text or as numbers. Each takes one planted defect.
 */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import type { RuleName } from "../core/rules.js";

type Kind = "sectors" | "agents" | "discussions";
type Entry = Readonly<Record<string, unknown>>;

/** What distinguishes one small server from another. */
export interface Dialect {
  readonly list: (rows: readonly Entry[], kind: Kind) => unknown;
  readonly one: (row: Entry, kind: Kind) => unknown;
  readonly hasNumericIds?: boolean;
  /** Lists are at `/api/sectors/`, and the spelling without a slash leads there. */
  readonly redirects?: boolean;
}

export const dialects = {
  "bare arrays": { list: (rows) => rows, one: (row) => row },
  "lists in items": { list: (rows) => ({ items: rows, total: rows.length }), one: (row) => row },
  "named fields and numbers as ids": {
    list: (rows, kind) => ({ status: "ok", data: { [kind]: rows } }),
    one: (row, kind) => ({ status: "ok", data: { [kind.slice(0, -1)]: row } }),
    hasNumericIds: true,
  },
  "redirected lists": { list: (rows) => ({ count: rows.length, results: rows }), one: (row) => row, redirects: true },
} as const satisfies Record<string, Dialect>;

/** What can be wrong with a small server, and the rule that finds it. */
export const smallDefects = {
  "unknown-found": ["200 and null for an unknown id", "unknown-id"],
  "unknown-fails": ["500 for an unknown id", "no-server-error"],
  "list-as-html": ["a list as text/html", "media-type"],
  "list-broken": ["a list that is not JSON", "json-syntax"],
  "list-without-ids": ["entries without ids", "list-readable"],
  "list-missing": ["404 for a list", "read-status"],
  "list-empty": ["a list without entries", "list-not-empty"],
  "other-one": ["another resource than the one asked for", "resource-matches-list"],
  "one-missing": ["404 for a resource that is listed", "read-status"],
} as const satisfies Record<string, readonly [string, RuleName]>;
export type SmallDefect = keyof typeof smallDefects;

export interface SmallServer extends AsyncDisposable {
  readonly url: string;
  /** Takes the planted defect away. */
  mend(): void;
}

const everyMs = 40;

function createRows(hasNumericIds: boolean): Record<Kind, readonly Entry[]> {
  const id = (text: string, number: number): string | number => (hasNumericIds ? number : text);
  return {
    sectors: [
      { id: id("tech-001", 1), name: "Technology", value: 1250.5 },
      { id: id("energy-002", 2), name: "Energy", value: 88 },
    ],
    agents: [
      { id: id("agent-789", 7), name: "Trading Agent", role: "trader" },
      { id: id("agent-790", 8), name: "Chief Economist", role: "analyst" },
    ],
    discussions: [{ id: id("disc-123", 3), title: "Morning call" }],
  };
}

/** The answer of a GET, or undefined for 404. */
function answer(
  { list, one, redirects = false }: Dialect,
  rows: Record<Kind, readonly Entry[]>,
  path: string,
  has: (defect: SmallDefect) => boolean,
): { readonly status: number; readonly body?: unknown; readonly location?: string } {
  const [, api, name = "", id] = path.split("/");
  const kind = name as Kind;
  if (path === "/health") return { status: 200, body: { ok: true } };
  if (api !== "api" || !(kind in rows)) return { status: 404 };
  if (id === undefined && redirects) return { status: 307, location: `${path}/` };
  if (id === undefined || id === "") {
    if (has("list-missing")) return { status: 404 };
    if (has("list-empty")) return { status: 200, body: list([], kind) };
    if (has("list-without-ids")) return { status: 200, body: list([{ title: "no id" }], kind) };
    return { status: 200, body: list(rows[kind], kind) };
  }
  const row = rows[kind].find((entry) => encodeURIComponent(String(entry["id"])) === id);
  if (row === undefined) {
    if (has("unknown-found")) return { status: 200, body: null };
    return { status: has("unknown-fails") ? 500 : 404 };
  }
  if (has("one-missing")) return { status: 404 };
  return { status: 200, body: one(has("other-one") ? { ...row, id: "another" } : row, kind) };
}

function broadcast(io: Server, tick: number): void {
  const timestamp = new Date().toISOString();
  const value = 100 + (tick % 7);
  io.emit("market:update", { sectorId: "tech-001", value, timestamp });
  io.emit("market:update", { indexValue: 15_000 + tick, timestamp });
  const minute = `${timestamp.slice(0, 17)}00Z`;
  io.emit("sector:candle_update", { sectorId: "tech-001", candle: { timestamp: minute, value } });
  io.emit("agent:status_update", { agentId: "agent-789", status: tick % 2 === 0 ? "idle" : "active" });
  const message = { id: `msg-${tick}`, content: `tick ${tick}`, authorId: "agent-789", authorName: "Trading Agent" };
  io.emit("discussion:new_message", { discussionId: "disc-123", message: { ...message, timestamp, type: "text" } });
}

export async function startSmallServer(dialect: Dialect, planted?: SmallDefect, port = 0): Promise<SmallServer> {
  const rows = createRows(dialect.hasNumericIds === true);
  let defect = planted;
  const has = (name: SmallDefect): boolean => name === defect;

  function serve({ method, url = "/" }: IncomingMessage, response: ServerResponse): void {
    const path = url.split("?")[0];
    const { status, body, location } = method === "GET" ? answer(dialect, rows, path, has) : { status: 404 };
    if (location !== undefined) response.setHeader("location", location);
    if (body === undefined) return void response.writeHead(status, { "content-type": "text/plain" }).end("Not Found");
    const isList = path.split("/").length === (dialect.redirects === true ? 4 : 3) && path.startsWith("/api/");
    const type = isList && has("list-as-html") ? "text/html" : "application/json; charset=utf-8";
    response.writeHead(status, { "content-type": type });
    response.end(isList && has("list-broken") ? "[{'id': 1}]" : JSON.stringify(body));
  }

  const http = createServer();
  const io = new Server(http, { cors: { origin: "*" } });
  http.on("request", (request, response) => {
    if (request.url?.startsWith("/socket.io/") !== true) serve(request, response);
  });
  let tick = 0;
  const timer = setInterval(() => broadcast(io, (tick += 1)), everyMs);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    mend: () => void (defect = undefined),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      const closed = io.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
