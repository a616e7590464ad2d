/**
 * What the reference server may have beyond the documented API: a simulation of nothing but ticks, moved about
 * with a token, a switch for each defect. Its ticks are its own; the events do not follow them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type SchemaPath, type Simulation, findViolations, schemaFiles } from "../../../schemas/index.js";
import type { HasDefect } from "./defects.fixture.js";
import {
  ReferenceProblem,
  type ReferenceRequest,
  readJson,
  readRequest,
  sendJson,
  sendProblem,
} from "./reference-http.fixture.js";
import { instantOf } from "./reference-world.fixture.js";

export const referenceToken = "little-token";

const startMs = Date.UTC(2025, 0, 15, 10, 30);
const tickMs = 250;
/** Ticks of a seek in one turn: a long one can be seen, and paused. */
const ticksPerTurn = 1000;
const probe = { status: "ok" };
/** What never changes here: the schemas' own examples. */
const standing: Readonly<Record<string, object>> = {
  "/livez": probe,
  "/readyz": probe,
  "/api/index": schemaFiles["resources/market-index.schema.json"].examples[0],
  "/api/scenarios": schemaFiles["resources/scenario-outline-list.schema.json"].examples[0],
};
const pages = new Set(["/llms.txt", "/docs", "/docs/guides", "/docs/rest", "/docs/events", "/docs/problems"]);
const moveNames = new Set(["play", "pause", "step", "speed", "seek", "reset"]);
const commands = [1, 2, 3, 4, 5].map((sequence) => ({ afterTick: 0, sequence, command: { type: "createAgent" } }));

function bodyOf(request: ReferenceRequest, name: string, has: HasDefect): Record<string, unknown> {
  if (!["step", "speed", "seek", "reset"].includes(name) || (name === "reset" && request.text === "")) return {};
  const body = readJson(request, has) as Record<string, unknown>;
  const violations = findViolations(`requests/simulation-${name}.schema.json` as SchemaPath, body);
  if (violations.length > 0) throw new ReferenceProblem(422, "The body breaks its schema.", { errors: violations });
  if (body["scenario"] !== undefined && body["scenario"] !== "little")
    throw new ReferenceProblem(422, "There is no such scenario.", {
      errors: [{ pointer: "/scenario", keyword: "enum", detail: "must be little" }],
    });
  return body;
}

export interface ReferenceExtensions {
  /** Answers what is an extension's; false where it is none of them. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
}

export function createReferenceExtensions(has: HasDefect): ReferenceExtensions {
  const watchers = new Set<ServerResponse>();
  const world = { boot: 1, tick: 0, speed: 1, state: "playing" as Simulation["state"], seed: "1" };
  let seekEnded = Promise.resolve();

  function shown(): Simulation {
    const { boot, tick, speed, state, seed } = world;
    const zeros = "0".repeat(64);
    const identity = { bootId: `boot-${boot}`, simulatorVersion: "1", seed, scenario: "little", scenarioDigest: zeros };
    const late = has("time-of-another-tick") ? 1 : 0;
    const time = instantOf(startMs + (tick + late) * tickMs);
    const pace = { tickMs, speed, speedAchieved: speed, resourceChanges: 0, slips: 0, anchors: [] };
    const monotonicNs = String(process.hrtime.bigint());
    return { ...identity, ...pace, monotonicNs, start: instantOf(startMs), state, tick, time, digest: zeros };
  }
  function tell(state = world.state): void {
    for (const watcher of watchers) watcher.write(`data: ${JSON.stringify({ ...shown(), state })}\n\n`);
  }
  const timer = setInterval(() => {
    if (world.state === "playing" ? !has("play-ignored") : world.state === "paused" && has("paused-but-moving"))
      world.tick += 1;
    if (has("stream-repeats")) tell("playing");
  }, 20);

  function goTo(tick: number): void {
    if (tick < world.tick && !has("boot-id-kept")) world.boot += 1;
    world.tick = tick;
  }

  async function seek(to: number): Promise<void> {
    const before = world.state;
    if (to < world.tick) return goTo(to);
    world.state = "seeking";
    seekEnded = (async () => {
      while (world.tick < to && world.state === "seeking") {
        world.tick = Math.min(to, world.tick + ticksPerTurn);
        await new Promise((resolve) => void setTimeout(resolve, 1));
      }
      if (world.state === "seeking") world.state = before;
    })();
    await seekEnded;
  }

  async function move(name: string, body: Record<string, unknown>): Promise<object> {
    const deleted = { messages: 0, candles: 0, commands: 0 };
    if (world.state === "seeking" && ["play", "step", "seek", "reset"].includes(name)) {
      if (!has("busy-ignored")) throw new ReferenceProblem(409, "It is seeking.");
      return { ...shown(), ...(name === "seek" ? { deleted } : {}) };
    }
    if (name === "play") world.state = "playing";
    else if (name === "pause") {
      if (!has("pause-ignored")) world.state = "paused";
      await seekEnded;
    } else if (name === "step") {
      world.state = "paused";
      world.tick += (body["ticks"] as number) + (has("step-too-far") ? 1 : 0);
    } else if (name === "speed") world.speed = body["speed"] as number;
    else if (name === "reset") {
      goTo(0);
      world.seed = (body["seed"] as string | undefined) ?? world.seed;
    } else {
      const to = body["to"] as number | string;
      await seek(typeof to === "number" ? to : Math.floor((Date.parse(to) - startMs) / tickMs));
    }
    if (!has("stream-stale") && !has("stream-repeats")) tell();
    return { ...shown(), ...(name === "seek" || name === "reset" ? { deleted } : {}) };
  }

  function requireToken({ headers }: ReferenceRequest): void {
    if (headers.authorization === `Bearer ${referenceToken}` || has("any-token-taken")) return;
    throw new ReferenceProblem(401, "The control token is needed.", { headers: { "www-authenticate": "Bearer" } });
  }

  function listCommands({ query }: ReferenceRequest): object {
    const [after, limit] = ["after", "limit"].map((name) => query.get(name) ?? (name === "after" ? "0" : "200"));
    if (!/^\d+$/.test(after) || !/^[1-9]\d*$/.test(limit)) throw new ReferenceProblem(400, "No such page.");
    const behind = commands.filter(({ sequence }) => sequence > Number(after) || has("log-from-its-start"));
    const data = behind.slice(0, Number(limit));
    const hasMore = behind.length > data.length;
    return { data, nextCursor: hasMore ? String(data.at(-1)?.sequence) : null, hasMore };
  }

  async function reply(request: ReferenceRequest, response: ServerResponse): Promise<void> {
    const { path, method } = request;
    const [name = ""] = path.split("/").slice(3);
    const allowed = moveNames.has(name) ? "POST" : "GET";
    if (method !== allowed) throw new ReferenceProblem(405, "Not so.", { headers: { allow: allowed } });
    if (standing[path] !== undefined) return sendJson(response, 200, standing[path], has);
    if (path.endsWith("api.json"))
      return sendJson(response, 200, has("document-empty") ? {} : { [path.slice(1, -5)]: "3.1.0", paths: {} }, has);
    if (pages.has(path)) {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><html><title>Little</title></html>");
    } else if (path === "/api/simulation") sendJson(response, 200, shown(), has);
    else if (path === "/api/simulation/events") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(`data: ${JSON.stringify(shown())}\n\n`);
      watchers.add(response.once("close", () => watchers.delete(response)));
    } else {
      requireToken(request);
      if (path === "/metrics") {
        const metrics = has("metrics-as-json")
          ? '{"ticks":1}'
          : `# TYPE ticks counter\nticks{of="little"} ${world.tick}\n`;
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics);
      } else if (name === "commands") sendJson(response, 200, listCommands(request), has);
      else sendJson(response, 200, await move(name, bodyOf(request, name, has)), has);
    }
  }

  const own =
    /^\/(?:api\/(?:simulation(?:\/\w+)?|index|scenarios)|livez|readyz|metrics|openapi\.json|asyncapi\.json|llms\.txt|docs(?:\/\w+)?)$/;
  return {
    answer(request, response) {
      const { pathname: path } = new URL(request.url ?? "/", "http://reference");
      if (!own.test(path)) return false;
      void readRequest(request, has)
        .then(async (read) => await reply(read, response))
        .catch((error: unknown) => sendProblem(response, error, path, has));
      return true;
    },
    close: () => clearInterval(timer),
  };
}
