/**
 * Random bodies made from the request schemas get 2xx (or a refusal that the state explains), and the
 * same bodies broken in exactly one keyword get 422 with that place and that keyword. Never 500.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type SchemaPath, findViolations, schemaFiles } from "../../schemas/index.js";
import { shippedScenarios } from "../../simulator/index.js";
import { type TestApi, startApi } from "./api.fixture.js";
import { amount } from "../../schemas/amount.fixture.js";

/** The part of JSON Schema that request bodies use. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Ticks that are stepped or sought to: few, so that it takes no time. */
const ticksMax = 400;

type Body = Record<string, unknown>;

interface Route {
  readonly schema: SchemaPath;
  readonly method: string;
  readonly path: (api: TestApi) => string;
  /** With the control token, and answered 200. */
  readonly isControl?: boolean;
}

const routes: readonly Route[] = [
  { schema: "requests/sector-create.schema.json", method: "POST", path: () => "/api/sectors" },
  {
    schema: "requests/sector-patch.schema.json",
    method: "PATCH",
    path: ({ host }) => `/api/sectors/${host.world.sectors()[0].id}`,
  },
  { schema: "requests/agent-create.schema.json", method: "POST", path: () => "/api/agents" },
  {
    schema: "requests/agent-patch.schema.json",
    method: "PATCH",
    path: ({ host }) => `/api/agents/${host.world.agents()[0].id}`,
  },
  { schema: "requests/discussion-create.schema.json", method: "POST", path: () => "/api/discussions" },
  {
    schema: "requests/discussion-patch.schema.json",
    method: "PATCH",
    path: ({ host }) => `/api/discussions/${host.world.discussions()[0].id}`,
  },
  {
    schema: "requests/message-create.schema.json",
    method: "POST",
    path: ({ host }) => `/api/discussions/${host.world.discussions()[0].id}/messages`,
  },
  ...(["reset", "seek", "speed", "step"] as const).map((move) => ({
    schema: `requests/simulation-${move}.schema.json` as const,
    method: "POST",
    path: () => `/api/simulation/${move}`,
    isControl: true,
  })),
];

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $defs }: { readonly $defs: Readonly<Record<string, Schema>> } = schemaFiles["common.schema.json"];
  return $defs[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
}

function typesOf(schema: Schema): readonly string[] {
  return typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
}

/** Any characters at all, U+0000 included, but no half of a pair; counted as the schema counts, in code points. */
function stringOf({ minLength = 0, maxLength = 200, pattern }: Schema): fc.Arbitrary<string> {
  if (pattern?.startsWith("^[a-z0-9]+") === true) return fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/);
  const text = fc.string({ minLength, maxLength, unit: "binary" }).filter((value) => !/\p{Surrogate}/u.test(value));
  return pattern === undefined ? text : text.filter((value) => new RegExp(pattern, "u").test(value));
}

/** What a body may name that no schema can know. */
interface Known {
  readonly sectorIds: readonly string[];
  readonly startMs: number;
}

function knownOf({ host: { world } }: TestApi): Known {
  return { sectorIds: world.sectors().map(({ id }) => id), startMs: world.startMs };
}

/** A value of a property; what it names exists. */
function valueOf(name: string, given: Schema, { sectorIds, startMs }: Known): fc.Arbitrary<unknown> {
  const schema = resolve(given);
  if (name === "scenario") return fc.constantFrom(...shippedScenarios.keys());
  if (name === "ticks") return fc.integer({ min: 1, max: ticksMax });
  if (name === "to") {
    const instant = fc.nat(ticksMax * 250).map((ms) => new Date(startMs + ms).toISOString());
    return fc.oneof(fc.nat(ticksMax), instant);
  }
  if (name === "sectorId")
    return typesOf(schema).includes("null") ? fc.constantFrom(null, ...sectorIds) : fc.constantFrom(...sectorIds);
  if (typesOf(schema).includes("number")) {
    return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
  }
  return stringOf(schema);
}

function bodyOf(schema: Schema, known: Known): fc.Arbitrary<Body> {
  const { properties = {}, required = [], minProperties = 0 } = schema;
  const values = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valueOf(name, one, known)]));
  return fc.record(values, { requiredKeys: [...required] }).filter((body) => Object.keys(body).length >= minProperties);
}

interface Break {
  readonly keyword: string;
  readonly pointer: string;
  readonly apply: (body: Body) => Body;
}

function breaksOfProperty(name: string, given: Schema): Break[] {
  const schema = resolve(given);
  const pointer = `/${name}`;
  const breaks: Break[] = [];
  const set = (keyword: string, value: unknown): void => {
    breaks.push({ keyword, pointer, apply: (body) => ({ ...body, [name]: value }) });
  };
  set("type", [1]);
  const valid = "a";
  if (schema.maxLength !== undefined) set("maxLength", valid.repeat(schema.maxLength + 1));
  if (schema.minLength !== undefined && schema.pattern === undefined) set("minLength", "");
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern, "u");
    set(
      "pattern",
      ["   ", "\u0000"].find((value) => !pattern.test(value)),
    );
  }
  if (schema.minimum !== undefined) set("minimum", schema.minimum - 1);
  if (schema.maximum !== undefined) set("maximum", schema.maximum + 1);
  return breaks;
}

/** Every way to break a body of the schema in exactly one keyword. */
function breaksOf({ properties = {}, required = [], minProperties }: Schema): Break[] {
  return [
    ...Object.entries(properties).flatMap(([name, schema]) => breaksOfProperty(name, schema)),
    ...required.map((name) => ({
      keyword: "required",
      pointer: `/${name}`,
      apply: (body: Body) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name)),
    })),
    ...(minProperties === undefined ? [] : [{ keyword: "minProperties", pointer: "", apply: () => ({}) }]),
    { keyword: "additionalProperties", pointer: "/surplus", apply: (body) => ({ ...body, surplus: 1 }) },
  ];
}

/** A multiple of eight: a reset is drawn an eighth as often. */
const numRuns = amount(8, 2000);

test.each(routes)(
  "$method with any body of $schema is taken",
  async ({ schema, method, path, isControl = false }) => {
    const api = await startApi();
    const call = isControl ? api.control : api.call;
    const known = knownOf(api);
    const target = path(api);
    await fc.assert(
      fc.asyncProperty(bodyOf(schemaFiles[schema] as Schema, known), async (body) => {
        expect(findViolations(schema, body)).toEqual([]);
        const answer = await call(method, target, body);
        // An id that an earlier run took is the one refusal that the state explains.
        if (answer.status === 409) expect(answer.body.type).toBe("/docs/problems#already-exists");
        else expect(answer.status).toBe(method === "POST" && !isControl ? 201 : 200);
        const location = answer.headers.get("location");
        if (location !== null) expect((await api.call("GET", location)).body).toEqual(answer.body);
      }),
      // A reset computes the day before the market, too.
      { numRuns: schema === "requests/simulation-reset.schema.json" ? numRuns / 8 : numRuns },
    );
  },
  600_000,
);

test.each(routes)(
  "$method with a body of $schema broken in one keyword names that place",
  async ({ schema, method, path, isControl = false }) => {
    const api = await startApi();
    const call = isControl ? api.control : api.call;
    const known = knownOf(api);
    const given = schemaFiles[schema] as Schema;
    const target = path(api);
    const before = api.host.status();
    await fc.assert(
      fc.asyncProperty(
        bodyOf(given, known),
        fc.constantFrom(...breaksOf(given)),
        async (body, { keyword, pointer, apply }) => {
          const answer = await call(method, target, apply(body));
          expect(answer.status).toBe(422);
          expect(answer.body.errors).toEqual([{ pointer, keyword, detail: expect.any(String) }]);
        },
      ),
      { numRuns: numRuns * 2 },
    );
    expect(api.host.status()).toEqual(before);
  },
  600_000,
);
