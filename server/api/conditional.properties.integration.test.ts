/** Random sequences of calls on sectors and agents, with and without a precondition, against a model that fits on a screen. */
/* oxlint-disable vitest/no-standalone-expect -- the steps of the model run inside the test */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TestApi, startApi } from "./api.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

interface Resource {
  fields: Readonly<Record<string, string | number | null>>;
  /** As its ETag named it last. */
  revision: number;
}

/** What the API must hold, by path. */
type Model = Map<string, Resource>;
type Call = fc.AsyncCommand<Model, TestApi>;
type Condition = "none" | "any" | "present" | "among others" | "stale" | "weak";

const sectorPaths = ["/api/sectors/model-1", "/api/sectors/model-2"];
const agentPaths = ["/api/agents/model-1", "/api/agents/model-2", "/api/agents/model-3"];
const sectorIds = ["model-1", "model-2", null];

function isAgent(path: string): boolean {
  return path.startsWith("/api/agents/");
}

function conditionOf(condition: Condition, { revision }: Resource): Record<string, string> {
  const tags = {
    any: "*",
    present: `"${revision}"`,
    "among others": `"x", "${revision}"`,
    stale: `"${revision + 1}"`,
    weak: `W/"${revision}"`,
  };
  return condition === "none" ? {} : { "if-match": tags[condition] };
}

function holds(condition: Condition): boolean {
  return condition !== "stale" && condition !== "weak";
}

function revisionOf(headers: Headers): number {
  return Number(/^"(\d+)"$/.exec(headers.get("etag") ?? "")?.[1]);
}

/** True when a body names a sector that there is not. */
function namesNone(model: Model, { sectorId }: Resource["fields"]): boolean {
  return typeof sectorId === "string" && !model.has(`/api/sectors/${sectorId}`);
}

/** As a list or a GET shows it: what is null is left out. */
function shown(fields: Resource["fields"]): Resource["fields"] {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

const gone: Resource = { fields: {}, revision: 1 };

class Create implements Call {
  readonly path: string;
  readonly fields: Resource["fields"];
  constructor(path: string, fields: Resource["fields"]) {
    this.path = path;
    this.fields = fields;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const at = this.path.lastIndexOf("/");
    const body = { ...shown(this.fields), id: this.path.slice(at + 1) };
    const answer = await call("POST", this.path.slice(0, at), body);
    if (namesNone(model, this.fields)) {
      expect([409, 422]).toContain(answer.status);
      return;
    }
    expect(answer.status).toBe(model.has(this.path) ? 409 : 201);
    if (answer.status !== 201) return;
    expect(answer.body).toMatchObject(body);
    expect(revisionOf(answer.headers)).toBe(1);
    model.set(this.path, { fields: this.fields, revision: 1 });
  }
  toString = (): string => `create ${this.path} ${JSON.stringify(this.fields)}`;
}

class Patch implements Call {
  readonly path: string;
  readonly patch: Resource["fields"];
  readonly condition: Condition;
  constructor(path: string, patch: Resource["fields"], condition: Condition) {
    this.path = path;
    this.patch = patch;
    this.condition = condition;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const kept = model.get(this.path);
    const answer = await call("PATCH", this.path, this.patch, conditionOf(this.condition, kept ?? gone));
    const expected = kept === undefined ? 404 : !holds(this.condition) ? 412 : namesNone(model, this.patch) ? 422 : 200;
    expect(answer.status).toBe(expected);
    if (expected === 412) expect(revisionOf(answer.headers)).toBe(kept?.revision);
    if (kept === undefined || expected !== 200) return;
    const revision = revisionOf(answer.headers);
    const isChanged = Object.entries(this.patch).some(([name, value]) => kept.fields[name] !== value);
    expect(revision - kept.revision).toBeGreaterThanOrEqual(isChanged ? 1 : 0);
    Object.assign(kept, { fields: { ...kept.fields, ...this.patch }, revision });
  }
  toString = (): string => `patch ${this.path} ${JSON.stringify(this.patch)}, ${this.condition}`;
}

class Delete implements Call {
  readonly path: string;
  readonly condition: Condition;
  constructor(path: string, condition: Condition) {
    this.path = path;
    this.condition = condition;
  }
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    const kept = model.get(this.path);
    const answer = await call("DELETE", this.path, undefined, conditionOf(this.condition, kept ?? gone));
    const isUsed =
      !isAgent(this.path) &&
      [...model.values()].some(({ fields }) => this.path.endsWith(`/${fields["sectorId"] ?? ""}`));
    expect(answer.status).toBe(kept === undefined ? 404 : !holds(this.condition) ? 412 : isUsed ? 409 : 204);
    if (answer.status === 204) model.delete(this.path);
  }
  toString = (): string => `delete ${this.path}, ${this.condition}`;
}

/** Live values change; neither what can be patched nor its revision does. */
class Pass implements Call {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  run = async (_model: Model, { advance }: TestApi): Promise<void> => advance(this.ms);
  toString = (): string => `${this.ms} ms pass`;
}

class Compare implements Call {
  check = (): boolean => true;
  async run(model: Model, { call }: TestApi): Promise<void> {
    for (const path of [...sectorPaths, ...agentPaths]) {
      const kept = model.get(path);
      const { status, body, headers } = await call("GET", path);
      expect(status).toBe(kept === undefined ? 404 : 200);
      if (kept === undefined) continue;
      expect(body).toMatchObject(shown(kept.fields));
      if (isAgent(path)) expect(body.sectorId ?? null).toBe(kept.fields["sectorId"]);
      expect(revisionOf(headers)).toBe(kept.revision);
    }
    for (const list of ["/api/sectors", "/api/agents"]) {
      const { body } = await call("GET", `${list}?limit=200`);
      const paths = body.data
        .map(({ id }: { id: string }) => `${list}/${id}`)
        .filter((path: string) => /model-/.test(path));
      expect(paths).toEqual([...model.keys()].filter((path) => path.startsWith(list)).toSorted());
    }
  }
  toString = (): string => "compare";
}

const conditions = fc.constantFrom<Condition[]>("none", "any", "present", "among others", "stale", "weak");
const name = fc.constantFrom("Chips", "Ships", " é\u{1f600}");
const sector = { name, indexWeight: fc.constantFrom(0, 0.5), beta: fc.constantFrom(0, 1.25, 5) };
const agent = { name, role: name, sectorId: fc.constantFrom(...sectorIds) };
const sectorPath = fc.constantFrom(...sectorPaths);
const agentPath = fc.constantFrom(...agentPaths);

/** Some of the fields, at least one. */
function some<Fields extends object>(fields: { readonly [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) {
  return fc
    .subarray(Object.keys(fields) as (keyof Fields)[], { minLength: 1 })
    .chain((names) =>
      fc.record(
        Object.fromEntries(names.map((one) => [one, fields[one]])) as Record<
          string,
          fc.Arbitrary<string | number | null>
        >,
      ),
    );
}

const calls = [
  fc.tuple(sectorPath, fc.record(sector)).map((args) => new Create(...args)),
  fc.tuple(agentPath, fc.record(agent)).map((args) => new Create(...args)),
  fc.tuple(sectorPath, some(sector), conditions).map((args) => new Patch(...args)),
  fc.tuple(agentPath, some(agent), conditions).map((args) => new Patch(...args)),
  fc.tuple(fc.constantFrom(...sectorPaths, ...agentPaths), conditions).map((args) => new Delete(...args)),
  fc.constantFrom(250, 5000).map((ms) => new Pass(ms)),
  fc.constant(new Compare()),
];

test("after any sequence of calls sectors and agents, and their revisions, are what a plain model holds", async () => {
  const api = await startApi();
  await fc.assert(
    fc.asyncProperty(fc.commands(calls, { maxCommands: 60 }), async (commands) => {
      for (const path of [...agentPaths, ...sectorPaths]) await api.call("DELETE", path);
      await fc.asyncModelRun(() => ({ model: new Map(), real: api }), commands);
    }),
    { numRuns: amount(20, 500) },
  );
}, 600_000);
