/**
 * What the writing checks share: things of their own to change, and the promise to take them away again.
 *
 * Nothing that was there before is ever changed: every write goes to what this run created.
 */
import type { Listening } from "../events/listening.js";
import { type Resource, type ResourceKind, resourceKinds, resources } from "../core/operations.js";
import { type Answer, type Call, type Rest, attempt, call } from "../rest/call.js";
import type { HttpClient } from "../rest/http-client.js";
import { type Row, rowId } from "../rest/rows.js";
import type { RuleName } from "../core/rules.js";
import { schemaAt } from "../../../schemas/schema-tree.js";

export interface Fixtures {
  readonly rest: Rest;
  readonly listening: Listening;
  /** An id that nothing has yet, such as `ct-k3j9-agent-4`. */
  newId(kind: string): string;
  /** The id of a sector, agent or discussion that this run owns. */
  readonly own: Record<ResourceKind, string>;
  /** Remembers something to be deleted in the end. */
  keep(kind: ResourceKind, id: string): void;
  forget(kind: ResourceKind, id: string): void;
  /** A complete valid body for a creation, under a new id of this run. */
  fullBody(kind: ResourceKind): Row & { readonly id: string };
  /** Creates one of a kind and remembers it. */
  create(kind: ResourceKind, body: Row, more?: Partial<Call>): Promise<Answer | undefined>;
  /** How often an event stayed away, by the rule that asks for it. */
  missed(rule: RuleName): number;
  miss(rule: RuleName): void;
  /** Creates one of each kind to work on. */
  createAll(): Promise<void>;
  /** Deletes whatever is left, agents and discussions before the sectors they belong to. */
  clear(): Promise<void>;
}

function lastExample(resource: Resource): Row {
  return (schemaAt(resource.create).node.examples ?? []).at(-1) as Row;
}

/** Quick enough for the time of grace, also on a server that is not. */
const deletionsAtATime = 8;

/** `cleanupClient` still sends in the time of grace. */
export function createFixtures(rest: Rest, listening: Listening, cleanupClient: HttpClient): Fixtures {
  const kept: Record<ResourceKind, Set<string>> = { sector: new Set(), agent: new Set(), discussion: new Set() };
  const own: Record<ResourceKind, string> = { sector: "", agent: "", discussion: "" };
  const misses = new Map<RuleName, number>();
  let serial = 0;

  function newId(kind: string): string {
    serial += 1;
    return `${rest.tag}-${kind}-${serial}`;
  }

  const remove = (kind: ResourceKind, id: string) => async () => {
    const { collection } = resources[kind];
    const path = `${collection}/${encodeURIComponent(id)}`;
    await cleanupClient.send(rest.judge, `DELETE ${collection}/:id`, { method: "DELETE", path });
  };

  const fixtures: Fixtures = {
    rest,
    listening,
    own,
    newId,
    keep: (kind, id) => void kept[kind].add(id),
    forget: (kind, id) => void kept[kind].delete(id),
    fullBody(kind) {
      const id = newId(kind);
      const body = {
        ...lastExample(resources[kind]),
        id,
        [resources[kind].nameField]: `${id} of the contract checker`,
      };
      return "sectorId" in body ? { ...body, sectorId: own.sector } : body;
    },
    async create(kind, body, more = {}) {
      const operation = `POST ${resources[kind].collection}`;
      const answer = await call(rest, { operation, json: body, expect: 201, rule: "create-status", ...more });
      if (answer !== undefined) kept[kind].add(rowId(answer.json as Row));
      return answer;
    },
    missed: (rule) => misses.get(rule) ?? 0,
    miss: (rule) => void misses.set(rule, (misses.get(rule) ?? 0) + 1),
    async createAll() {
      for (const kind of resourceKinds) {
        const answer = await fixtures.create(kind, fixtures.fullBody(kind));
        own[kind] = answer === undefined ? "" : rowId(answer.json as Row);
      }
    },
    async clear() {
      for (const kind of resourceKinds.toReversed()) {
        const ids = [...kept[kind]];
        await Promise.all(
          Array.from({ length: deletionsAtATime }, async () => {
            // One that fails keeps none of the others.
            for (let id = ids.pop(); id !== undefined; id = ids.pop())
              await attempt({ http: cleanupClient }, remove(kind, id));
          }),
        );
        kept[kind].clear();
      }
    },
  };
  return fixtures;
}
