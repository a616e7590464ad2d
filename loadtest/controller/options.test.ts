/** Options of the library are checked as strictly as flags: each fault is one sentence, before anything is opened. */
import { OptionError, TargetError } from "../core/errors.js";
import { expect, test } from "vitest";
import { runContract } from "../contract/index.js";
import { runLoadtest } from "../entry.js";
import { prepareLoadtest, runPrepared } from "../index.js";
import { provenance, shortPlan } from "../loadtest.fixture.js";

const plain: Readonly<Record<string, unknown>> = { plan: shortPlan, workers: 0, ...provenance };

const prepare = async (options: unknown) => await prepareLoadtest(options as Parameters<typeof prepareLoadtest>[0]);
const check = async (options: unknown) => await runContract(options as Parameters<typeof runContract>[0]);

test.each([
  [{ client: 5 }, 'Unknown option "client". Did you mean clients?'],
  [{ clients: "5" }, 'Invalid clients "5": expected a whole number from 1 to 1000000.'],
  [{ clients: 1e9 }, "Invalid clients 1000000000: expected a whole number from 1 to 1000000."],
  [{ workers: -1 }, "Invalid workers -1: expected a whole number from 0 to 256."],
  [{ workers: Number.NaN }, "Invalid workers NaN: expected a whole number from 0 to 256."],
  [{ durationMs: "30s" }, 'Invalid durationMs "30s": expected a whole number from 0 to 1728000000 milliseconds.'],
  [{ warmupMs: Infinity }, "Invalid warmupMs Infinity: expected a whole number from 0 to 1728000000 milliseconds."],
  [{ thresholds: "lost==0" }, 'Invalid thresholds "lost==0": expected a list of strings.'],
  [{ headers: { Cookie: 7 } }, "Invalid headers: expected an object whose values are strings."],
  [{ auth: "secret" }, "Invalid auth: expected an object."],
  [{ rest: "sometimes" }, 'Invalid rest "sometimes": expected "always" or "never" or "known-server".'],
  [{ signal: {} }, "Invalid signal an object: expected an AbortSignal."],
  [{ progress: () => {} }, "Invalid progress a function: expected an object with a method line."],
  [{ outDir: "" }, 'Invalid outDir "": expected the path of a folder.'],
  [{ plan: undefined }, "Missing plan in the options of prepareLoadtest()."],
  [{ plan: { ...shortPlan, clients: undefined } }, "Invalid plan: /clients is missing."],
  [{ plan: { ...shortPlan, clients: 0 } }, "Invalid plan: /clients must be >= 1."],
])("prepareLoadtest() refuses %j in one sentence", async (options, sentence) => {
  const error: unknown = await prepare({ ...plain, ...options }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).message).toBe(sentence);
});

test("prepareLoadtest() refuses a scenario that is none", async () => {
  await expect(prepare({ ...plain, scenario: { name: 7 } })).rejects.toThrow(OptionError);
});

test.each([undefined, null, 7, "plan", []])("options that are no object (%j) are refused by all", async (options) => {
  await expect(prepare(options)).rejects.toThrow(/^Invalid options of prepareLoadtest\(\): expected an object, not /);
  await expect(check(options)).rejects.toThrow(/^Invalid options of runContract\(\): expected an object, not /);
  const run = runPrepared(options as never, { url: "http://127.0.0.1:1" });
  await expect(run).rejects.toThrow(/expected what prepareLoadtest\(\) resolves with\.$/);
});

test.each([
  [{}, "Missing url of runLoadtest(): expected the address of a server, such as http://localhost:8000."],
  [{ url: [] }, "Missing url of runLoadtest(): expected the address of a server, such as http://localhost:8000."],
  [{ url: 8000 }, "Invalid url 8000: expected a string or a list of strings."],
  [{ url: "http://127.0.0.1:1", tokn: "secret" }, 'Unknown option "tokn". Did you mean token?'],
  [{ url: "http://127.0.0.1:1", token: 123 }, "Invalid token: expected a string."],
])("runPrepared() refuses the server %j in one sentence", async (server, sentence) => {
  const prepared = await prepare(plain);
  const error: unknown = await runPrepared(prepared, server as never).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).message).toBe(sentence);
});

test.each([
  [{ client: 5 }, 'Unknown option "client". Did you mean clients?'],
  [{ commandLine: "max" }, 'Unknown option "commandLine". Options: '],
  [{ url: [] }, "Missing url of runLoadtest(): expected the address of a server, such as http://localhost:8000."],
  [{ plan: 7 }, "Invalid plan 7: expected a string or a plan, an object."],
  [{ plan: "smok" }, 'Unknown plan "smok". Did you mean smoke? A file is named by its path, such as ./mine.json.'],
  [{ plan: { ...shortPlan, clients: 0 } }, "Invalid plan: /clients must be >= 1."],
  [{ thresholds: ["latencyMs.p99"] }, 'Invalid threshold "latencyMs.p99": '],
])("runLoadtest() refuses %j in one sentence", async (options, sentence) => {
  const given = { url: "http://127.0.0.1:1", ...options } as Parameters<typeof runLoadtest>[0];
  const error: unknown = await runLoadtest(given).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).message).toContain(sentence);
});

test("runLoadtest() names an address where nothing answers", async () => {
  await expect(runLoadtest({ url: "http://127.0.0.1:1" })).rejects.toThrow(TargetError);
});

test.each([
  [
    { url: undefined },
    "Missing url of runContract(): expected the address of a server, such as http://localhost:8000.",
  ],
  [{ readonly: true }, 'Unknown option "readonly". Did you mean readOnly?'],
  [{ readOnly: "yes" }, 'Invalid readOnly "yes": expected true or false.'],
  [{ profile: "manag" }, 'Invalid profile "manag": expected "realtime" or "documented" or "core" or "management".'],
  [{ forMs: "20s" }, 'Invalid forMs "20s": expected a whole number from 0 to 1728000000 milliseconds.'],
  [{ seed: 42 }, "Invalid seed 42: expected a string."],
  [{ token: 42 }, "Invalid token: expected a string."],
  [{ limits: { answerMs: 5 } }, 'Unknown option "limits.answerMs". Did you mean limits.answerMsMax?'],
  [
    { limits: { graceMsMax: 0 } },
    "Invalid limits.graceMsMax 0: expected a whole number from 1 to 1728000000 milliseconds.",
  ],
])("runContract() refuses %j in one sentence", async (options, sentence) => {
  const error: unknown = await check({ url: "http://127.0.0.1:1", ...options }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as Error).message).toBe(sentence);
});
