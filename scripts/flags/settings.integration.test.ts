/** Every flag there is can be typed, set by a variable, and set in a file, whoever adds it. It needs the built schema. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { refusalOf, runMaxCommand } from "../cli.fixture.js";
import { CliError } from "../cli-error.js";
import { commands, createMaxCommand } from "../max-command.js";
import type { Subcommand, Surroundings } from "./command.js";
import { readConfigSchema } from "./config-file.js";
import { createConfigSchema } from "./config-schema.js";
import type { Flag, Given } from "./flag-table.js";
import { type Sourced, variableOf } from "./settings.js";

interface Setting {
  /** Words of the command. */
  readonly path: readonly string[];
  readonly name: string;
  readonly row: Flag;
}

async function settingsOf(subcommands: Readonly<Record<string, Subcommand>>, above: string[] = []): Promise<Setting[]> {
  const found: Setting[] = [];
  for (const [word, { load }] of Object.entries(subcommands)) {
    if (word === "config") continue;
    const path = [...above, word];
    const { flags, subcommands: below = {} } = await load();
    for (const [name, row] of Object.entries(flags)) if (row.kind !== "positional") found.push({ path, name, row });
    found.push(...(await settingsOf(below, path)));
  }
  return found;
}

const settings = await settingsOf(commands);
const named = settings.map((setting) => [`max ${setting.path.join(" ")} --${setting.name}`, setting] as const);

/** Words of which each flag accepts two, whatever it takes. */
const words = [
  ["3", "2", "250", "500", "1h", "2h", "64KiB", "1MiB", "now", "2025-01-15T14:30:00Z", "on", "off", "10%", "20%"],
  ["storm", "calm", "market:update", "agent:status_update", "core", "realtime", "sectors", "agents"],
  ["127.0.0.1:9000", "127.0.0.1:9001", "10.0.0.0/8", "192.168.0.0/16", "http://localhost:1", "http://localhost:2"],
  ['{"a":1}', '{"b":2}', "X-One: 1", "X-Two: 2"],
].flat();

function isAccepted({ row, name }: Setting, value: Given): boolean {
  try {
    row.parse(row.kind === "list" ? [String(value)] : value, `--${name}`);
    return true;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

/** Two values that the flag accepts, and that are not its default. Of a switch there is one. */
function samplesOf(setting: Setting): readonly [Given, Given] {
  const { row, path, name } = setting;
  if (row.kind === "switch") return [row.default !== true, row.default === true];
  const choices = row.choices ?? words;
  const accepted = choices.filter((word) => isAccepted(setting, word) && word !== row.default);
  const [one, another = row.default] = accepted;
  if (one === undefined || another === undefined)
    throw new Error(`give words two that --${name} of ${path.join(" ")} accepts`);
  return [one, another];
}

/** The value as a file of JSON has it. */
function jsonOf({ row }: Setting, value: Given): unknown {
  const { type } = row.schema;
  return type === "integer" || type === "number" ? Number(value) : value;
}

function contentOf(setting: Setting, value: unknown): object {
  return setting.path.reduceRight<object>((below, word) => ({ [word]: below }), { [setting.name]: value });
}

function typed({ name }: Setting, value: Given): string {
  if (value === true) return `--${name}`;
  return value === false ? `--no-${name}` : `--${name}=${String(value)}`;
}

const folder = mkdtempSync(join(tmpdir(), "max-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

/** The path of a file with this content. */
function write(content: unknown): string {
  const file = join(folder, "mine.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** What holds for a flag of the command, with these words. */
async function resolve({ path, name }: Setting, args: readonly string[]): Promise<Sourced> {
  let found: Sourced | undefined;
  const max = await createMaxCommand(["config", ...path, ...args], (options) => {
    found = (options as Surroundings["sources"]).get(name);
  });
  await max.parseAsync();
  return found!;
}

function plain({ row, name }: Setting, { value }: Sourced): unknown {
  return row.parse(value, `--${name}`);
}

test("there are the flags of each command, and the built schema has them", async () => {
  expect(settings.length).toBeGreaterThan(60);
  expect(readConfigSchema()).toEqual(await createConfigSchema(commands));
});

test.for(named)("%s: flag, variable and file give the same value, and win in this order", async ([, setting]) => {
  const [one, another] = samplesOf(setting);
  const variable = variableOf([...setting.path, setting.name]);
  const file = ["--config", write(contentOf(setting, jsonOf(setting, one)))];
  const expected = setting.row.parse(setting.row.kind === "list" ? [String(one)] : one, "");

  expect(await resolve(setting, ["--no-config"])).toMatchObject({ kind: "default", value: setting.row.default });
  const fromFile = await resolve(setting, file);
  expect([fromFile.kind, plain(setting, fromFile)]).toEqual(["file", expected]);

  vi.stubEnv(variable, String(another));
  const overFile = await resolve(setting, file);
  expect(overFile).toMatchObject({ kind: "variable", place: variable });
  expect(plain(setting, overFile)).not.toEqual(expected);
  const overVariable = await resolve(setting, [...file, typed(setting, one)]);
  expect([overVariable.kind, plain(setting, overVariable)]).toEqual(["flag", expected]);

  vi.stubEnv(variable, String(one));
  const fromVariable = await resolve(setting, []);
  expect([fromVariable.kind, plain(setting, fromVariable)]).toEqual(["variable", expected]);
});

test.for(named)("%s: a value for all commands counts after one for this", async ([, setting]) => {
  const [one, another] = samplesOf(setting);
  const { name, path, row } = setting;
  const common = variableOf([name]);
  const general = { [name]: jsonOf(setting, one) };
  if (row.isOwn === true) {
    vi.stubEnv(common, String(one));
    expect((await resolve(setting, [])).kind).toBe("default");
    await expect(resolve(setting, ["--config", write(general)])).rejects.toThrow(`unknown key "${name}"`);
    return;
  }
  expect((await resolve(setting, ["--config", write(general)])).place).toMatch(new RegExp(`^${name} in `));
  const both = write({ ...general, ...contentOf(setting, jsonOf(setting, another)) });
  expect((await resolve(setting, ["--config", both])).place).toMatch(new RegExp(`^${path.join("\\.")}\\.${name} in `));
  vi.stubEnv(common, String(one));
  expect((await resolve(setting, ["--config", both])).place).toBe(common);
  vi.stubEnv(variableOf([...path, name]), String(another));
  expect((await resolve(setting, [])).place).toBe(variableOf([...path, name]));
});

test.for(named)("%s: a wrong key, type, range or word is refused with its place", async ([, setting]) => {
  const { name, path, row } = setting;
  const key = [...path, name].join(".");
  const refusal = async (content: object, ...args: string[]) => {
    const { message, exitCode } = await refusalOf("config", ...path, "--config", write(content), ...args);
    expect(exitCode).toBe(2);
    expect(message).not.toContain("\n");
    return message;
  };
  const misspelt = contentOf({ ...setting, name: `${name}zz` }, 1);
  expect(await refusal(misspelt)).toContain(`mine.json: unknown key "${key}zz". `);
  expect(await refusal(contentOf(setting, { a: 1 }))).toContain(`mine.json: ${key} is `);
  const { minimum } = row.schema;
  if (minimum !== undefined)
    expect(await refusal(contentOf(setting, minimum - 1))).toContain(`--${name} is set by ${key} in `);
  const variable = variableOf([...path, name]);
  vi.stubEnv(variable, "");
  expect(await refusal({})).toBe(`${variable} is empty. Give it a value, or unset it.`);
  if (row.choices !== undefined || minimum !== undefined || row.kind === "switch") {
    vi.stubEnv(variable, "maybe");
    expect(await refusal({})).toContain(variable);
  }
});

test("the schema accepts every flag at once, and refuses what max does", () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(readConfigSchema());
  const content: Record<string, unknown> = {};
  for (const setting of settings) {
    let section = content;
    for (const word of setting.path) section = (section[word] ??= {}) as Record<string, unknown>;
    section[setting.name] = jsonOf(setting, samplesOf(setting)[0]);
  }
  expect(validate(content), JSON.stringify(validate.errors)).toBe(true);
  for (const wrong of [{ prot: 1 }, { port: "8000" }, { demo: { clock: "sundial" } }, { loadtest: { threshold: 5 } }])
    expect(validate(wrong), JSON.stringify(wrong)).toBe(false);
});

test("several values in one variable are an array of JSON", async () => {
  const setting = settings.find(({ name }) => name === "threshold")!;
  vi.stubEnv("MAX_THRESHOLD", '["latencyMs.p99<50","deliveries.lost==0"]');
  expect((await resolve(setting, [])).value).toEqual(["latencyMs.p99<50", "deliveries.lost==0"]);
});

test.each([
  ["[]", "the file is an array of 0: expected an object."],
  ['{"demo":5}', "demo is 5: expected an object."],
  ['{"prot":1}', 'unknown key "prot". Did you mean port?'],
  ['{"demo":{"tickMs":250}}', 'unknown key "demo.tickMs". Did you mean demo.tick-ms?'],
  ['{"lodetest":{}}', 'unknown key "lodetest". Did you mean loadtest?'],
  ['{"loadtest":{"auth":["s3cret", 5]}}', "loadtest.auth is not of the right type: expected a string or a number."],
  ['{"seed":12345678901234567890}', "seed is a number beyond 9007199254740991: write it as a string."],
  ['{"demo":{"seed":1e400}}', "demo.seed is a number beyond 9007199254740991: write it as a string."],
  ['{"port" 1}', 'is not valid JSON: expected ":"'],
])("a file of %s is refused: %s", async (text, sentence) => {
  const file = write(text);
  const { message, exitCode } = await refusalOf("demo", "--config", file);
  expect(message).toContain(file);
  expect(message).toContain(sentence);
  expect([message.includes("s3cret"), exitCode]).toEqual([false, 2]);
});

test("an empty MAX_CONFIG is refused, unless --config takes its place", async () => {
  vi.stubEnv("MAX_CONFIG", "");
  const { message, exitCode } = await refusalOf("config", "demo");
  expect([exitCode, message]).toEqual([2, "MAX_CONFIG is empty. Give it a value, or unset it."]);
  expect((await refusalOf("config", "demo", "--config", "missing.json")).message).toBe(
    "There is no file missing.json.",
  );
});

test("a flag that contradicts another one is named with what set it", async () => {
  vi.stubEnv("MAX_SEED", "7");
  const { message } = await refusalOf("loadtest", "--url", "http://localhost:1");
  expect(message).toBe("--seed cannot be combined with --url. --seed is set by MAX_SEED.");
});

test("max config shows no secret, and a misspelt variable is named on the way", async () => {
  const file = write({
    loadtest: { token: "s3cret", header: ["X-Key: s3cret"], url: "http://me:s3cret@localhost:1" },
  });
  vi.stubEnv("MAX_PROT", "1");
  const runs = await Promise.all([
    runMaxCommand("config", "--config", file),
    runMaxCommand("config", "--json", "--config", file),
    runMaxCommand("config", "loadtest", "--config", file),
  ]);
  for (const { code, stdout, stderr } of runs) {
    expect([code, stderr]).toEqual([0, "max: Unknown variable MAX_PROT is ignored. Did you mean MAX_PORT?\n"]);
    expect(stdout).toContain("***");
    expect(stdout).not.toContain("s3cret");
  }
  expect(JSON.parse(runs[1].stdout)).toMatchObject({
    file,
    commands: { demo: { port: { value: "8000", source: "default" } }, loadtest: { token: { source: "file" } } },
  });
});

test("a command takes its settings wherever --config is typed", async () => {
  const file = write({ simulate: { for: "1s", digest: true } });
  const runs = [await runMaxCommand("--config", file, "simulate"), await runMaxCommand("simulate", "--config", file)];
  for (const { code, stdout } of runs) expect([code, JSON.parse(stdout)]).toMatchObject([0, { ticks: 4 }]);
});
