/**
 * The operations of the REST interface, as data: what the checker walks, judges and counts.
 *
 * 405 belongs to a path and not to an operation; 429 and 503 depend on load and on stopping, and are
 * left to a server's own tests.
 */
import type { SchemaPath } from "../../../schemas/index.js";
import { extensionOperations } from "./extension-operations.js";
import type { Operation } from "./operation.js";
import type { Part } from "./rules.js";

/** The resources that are managed alike. */
export const resourceKinds = ["sector", "agent", "discussion"] as const;
export type ResourceKind = (typeof resourceKinds)[number];

export interface Resource {
  readonly kind: ResourceKind;
  readonly collection: string;
  readonly list: SchemaPath;
  readonly item: SchemaPath;
  readonly create: SchemaPath;
  readonly patch: SchemaPath;
  /** The field that people read it by. */
  readonly nameField: "name" | "title";
  /** Fields that the running world changes by itself, or the server fills in. */
  readonly liveFields: readonly string[];
}

function resource(kind: ResourceKind, nameField: "name" | "title", liveFields: readonly string[]): Resource {
  return {
    kind,
    collection: `/api/${kind}s`,
    list: `resources/${kind}-list.schema.json`,
    item: `resources/${kind}.schema.json`,
    create: `requests/${kind}-create.schema.json`,
    patch: `requests/${kind}-patch.schema.json`,
    nameField,
    liveFields,
  };
}

export const resources: Readonly<Record<ResourceKind, Resource>> = {
  sector: resource("sector", "name", ["value", "open", "change", "changePercent", "updatedAt"]),
  agent: resource("agent", "name", ["status", "statusSince"]),
  discussion: resource("discussion", "title", ["messageCount", "lastMessageAt"]),
};

const bodyErrors = [400, 413, 415, 422] as const;

function operationsOf({ kind, collection, list, item, create, patch }: Resource): Operation[] {
  const inUse = kind === "sector" ? [409] : [];
  return [
    { method: "GET", path: collection, level: "core", success: 200, response: list, errors: [400] },
    { method: "GET", path: `${collection}/:id`, level: "core", success: 200, response: item, errors: [404] },
    {
      method: "POST",
      path: collection,
      level: "management",
      request: create,
      success: 201,
      response: item,
      errors: [...bodyErrors, 409],
    },
    {
      method: "PATCH",
      path: `${collection}/:id`,
      level: "management",
      request: patch,
      success: 200,
      response: item,
      errors: [...bodyErrors, 404, 412],
    },
    { method: "DELETE", path: `${collection}/:id`, level: "management", success: 204, errors: [404, ...inUse, 412] },
  ];
}

const messagesPath = "/api/discussions/:id/messages";

export const operations: readonly Operation[] = [
  { method: "GET", path: "/health", level: "core", success: 200, response: "resources/health.schema.json", errors: [] },
  ...resourceKinds.flatMap((kind) => operationsOf(resources[kind])),
  {
    method: "GET",
    path: "/api/sectors/:id/candles",
    level: "core",
    success: 200,
    response: "resources/candle-list.schema.json",
    errors: [400, 404],
  },
  {
    method: "GET",
    path: messagesPath,
    level: "core",
    success: 200,
    response: "resources/message-list.schema.json",
    errors: [400, 404],
  },
  {
    method: "POST",
    path: messagesPath,
    level: "management",
    request: "requests/message-create.schema.json",
    success: 201,
    response: "resources/message.schema.json",
    errors: [...bodyErrors, 404],
  },
  // Where the Location of a posted message leads.
  {
    method: "GET",
    path: `${messagesPath}/:messageId`,
    level: "management",
    success: 200,
    response: "resources/message.schema.json",
    errors: [404],
  },
  ...extensionOperations,
];

/** The paths of a part of the contract, each with the methods that it takes. */
export function methodsByPath(among: (operation: Operation) => boolean): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of operations.filter(among)) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

/** The part of a run that exercises an operation with success; see `partLevels`. */
export function partOf(name: string): Part {
  const { method, path, extension } = operationNamed(name);
  if (extension !== undefined) return extension;
  if (path === "/health") return "health";
  if (path.startsWith(messagesPath) && (method === "POST" || path !== messagesPath)) return "messages";
  if (method === "GET")
    return resourceKinds.map((kind) => `${kind}s` as const).find((kind) => path.startsWith(`/api/${kind}`))!;
  return ({ POST: "creating", PATCH: "changing", DELETE: "deleting" } as const)[method];
}

/** An operation by its name, such as `GET /api/sectors/:id`. */
export function operationNamed(name: string): Operation {
  const operation = operations.find(({ method, path }) => `${method} ${path}` === name);
  if (operation === undefined) throw new Error(`there is no operation ${name}`);
  return operation;
}
