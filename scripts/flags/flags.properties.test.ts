/** Any words on the command line lead to options that the library accepts, or to one sentence about what is accepted. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ContractOptions } from "../../loadtest/contract/core/options.js";
import { requireOptions } from "../../loadtest/contract/core/run-context.js";
import { prepareAb, prepareCapacity, prepareLoadtest } from "../../loadtest/index.js";
import { parseTargets } from "../../loadtest/core/targets.js";
import { amount } from "../../schemas/amount.fixture.js";
import type { StartOptions } from "../../server/main.js";
import { completeOptions } from "../../server/start-options.js";
import { createWorld } from "../../simulator/index.js";
import { CliError, exitCodes } from "../cli-error.js";
import { contractDiffCommand } from "../commands/contract-diff.js";
import { contractCommand } from "../commands/contract.js";
import { demoCommand } from "../commands/demo.js";
import { type AbRequest, loadtestAbCommand } from "../commands/loadtest-ab.js";
import { type CapacityRequest, loadtestCapacityCommand } from "../commands/loadtest-capacity.js";
import { type LoadtestRequest, loadtestCommand } from "../commands/loadtest.js";
import { plansCommand } from "../commands/plans.js";
import { replayCommand } from "../commands/replay.js";
import { simulateCommand } from "../commands/simulate.js";
import { createMaxCommand } from "../max-command.js";
import type { Command } from "./command.js";

const seed = 20_261_130;
const numRuns = amount(60, 3000);

interface Tried {
  readonly words: readonly string[];
  /** Without these words nothing is accepted. */
  readonly required?: readonly string[];
  readonly command: Command;
  /** Looks at the options as the library does before it begins. */
  accept(options: never): unknown;
}

const tried: readonly Tried[] = [
  {
    words: ["demo"],
    command: demoCommand,
    accept: ({ options }: { options: StartOptions }) => completeOptions(options),
  },
  {
    words: ["simulate"],
    command: simulateCommand,
    accept: ({ seed: market, scenario }: Parameters<typeof createWorld>[0]) => createWorld({ seed: market, scenario }),
  },
  {
    words: ["loadtest"],
    command: loadtestCommand,
    async accept({ options, values: { url, token } }: LoadtestRequest) {
      parseTargets({ urls: url, token, headers: options.headers });
      await prepareLoadtest(options);
    },
  },
  {
    words: ["loadtest", "ab", "npx max demo", "http://localhost:8000"],
    command: loadtestAbCommand,
    accept: ({ options }: AbRequest) => prepareAb(options),
  },
  {
    words: ["loadtest", "capacity"],
    command: loadtestCapacityCommand,
    async accept({ options, values: { url, token } }: CapacityRequest) {
      parseTargets({ urls: url, token, headers: options.headers });
      await prepareCapacity(options);
    },
  },
  {
    words: ["contract"],
    required: ["--url=http://localhost:8000"],
    command: contractCommand,
    accept: ({ options }: { options: ContractOptions }) => requireOptions(options),
  },
  {
    words: ["contract", "diff"],
    command: contractDiffCommand,
    accept: ({ seed: text }) => expect(text).toBeTypeOf("string"),
  },
  { words: ["plans"], command: plansCommand, accept: () => undefined },
  {
    words: ["replay"],
    command: replayCommand,
    accept: ({ options }: { options: StartOptions }) => completeOptions(options),
  },
];

/** Values that some flag accepts, and values that are nearly so. */
const values = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("0", "1", "42", "8000", "0.5", "1e3", "-1", "-5m", "70000", "9".repeat(30), "NaN"),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom("30s", "1m", "20d", "21d", "5k", "64KiB", "1.5 h", "5 parsecs", "0B", "1000000d"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("real", "manual", "stock", "calm", "trading-dya", "./none.json", ":memory:", "now"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("2025-01-15T14:30:00Z", "2025-02-30T00:00:00Z", "market:update", "core", "management"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("http://localhost:8000", "localhost", "https://a:b@c/d?e", "http://[::1]:1/", "*"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("latencyMs.p99<50", "a<b", "X-Name: value", "host: x", "{}", '{"a":1}', "[]", "smoke"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", " ", "-", "--", "true", "false", "__proto__", "constructor", "a=b", "a,b", "\n"),
  },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
);

const strangeFlags = fc.oneof(
  fc.constantFrom(
    "prot",
    "seeds",
    "__proto__",
    "constructor",
    "toString",
    "limits.connectionsMax",
    "no-no-rest",
    "$0",
    "_",
    "",
  ),
  fc.string({ maxLength: 6 }),
);

function wordsOf({ words, required = [], command }: Tried): fc.Arbitrary<string[]> {
  const names = Object.keys(command.flags);
  const known = names.length === 0 ? strangeFlags : fc.constantFrom(...names);
  const name = fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: strangeFlags });
  const dashes = fc.oneof({ weight: 12, arbitrary: fc.constant("--") }, fc.constantFrom("--no-", "-", "---"));
  const flag = fc
    .tuple(dashes, name, fc.option(values, { freq: 6 }), fc.boolean())
    .map(([dash, word, value, isJoined]) =>
      value === null ? [dash + word] : isJoined ? [`${dash}${word}=${value}`] : [dash + word, value],
    );
  const positionals = names.filter((one) => command.flags[one]?.kind === "positional");
  return fc
    .tuple(
      fc
        .array(values, { maxLength: 3 })
        .map((given) => given.slice(0, positionals.length + (given.length > 2 ? 1 : 0))),
      fc.array(flag, { maxLength: 4 }),
      fc.boolean(),
    )
    .map(([given, flags, isComplete]) => words.concat(given, isComplete ? required : [], flags.flat()));
}

/** These print and end the process, as they should. */
function asksForHelp(words: readonly string[]): boolean {
  return words.some((word) => /^--?(?:no-)?(?:help|version)|^-[^-]*h/.test(word));
}

async function outcomeOf({ command, accept }: Tried, words: readonly string[]): Promise<CliError | undefined> {
  let isReached = false;
  try {
    const max = await createMaxCommand(words, async (options, reached) => {
      expect(reached).toBe(command);
      await accept(options as never);
      isReached = true;
    });
    await max.parseAsync();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  expect(isReached, "no command ran, and nothing was refused").toBe(true);
  return undefined;
}

test.each(tried.map((one) => [one.words.join(" "), one] as const))(
  `any words after max %s are accepted, or refused in one sentence (seed ${seed})`,
  async (_, one) => {
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(wordsOf(one), async (words) => {
        fc.pre(!asksForHelp(words));
        const refusal = await outcomeOf(one, words);
        counts[refusal === undefined ? "accepted" : "refused"] += 1;
        if (refusal === undefined) return;
        expect(refusal.exitCode).toBe(exitCodes.usage);
        expect(refusal.message).toMatch(/^[^\n\r\u2028\u2029]+[.?]$/);
        expect(refusal.message).not.toMatch(/\bat .*\(|undefined|\[object/);
        expect(refusal.message).toMatch(/--\S|\bURL\b|[Hh]eader|scenario|plan|argument|cannot be read|no file/i);
      }),
      { seed, numRuns },
    );
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  },
  1_800_000,
);
