/**
 * `npm run realism`: compares the simulated market with the stylised facts of real ones, and a random walk, too.
 *
 * Exits with 0 when every gate passes and the control fails at least four, otherwise with 1: gates that a random walk
 * passes would prove nothing. `npm run realism -- 20` takes twenty seeds instead of ten.
 */
import { type Gate, type Outcome, correlationGate, formatOutcomes, judge, marketGates, talkGate } from "./gates.js";
import { type MarketSample, controlScenario, marketScenario, sampleMarket, sampleTalk } from "./sample.js";

const seedsMin = 10;
const sessions = 60;
const days = 250;
const talkSessions = 2;
const controlFailuresMin = 4;

function sampleAll(seeds: readonly string[], what: string, sample: (seed: string) => MarketSample): MarketSample[] {
  return seeds.map((seed, position) => {
    process.stderr.write(`${what}: seed ${position + 1} of ${seeds.length}\n`);
    return sample(seed);
  });
}

function judgeAll(gates: readonly Gate[], samples: readonly MarketSample[]): Outcome[] {
  return gates.map((gate) => judge(gate, samples));
}

const seeds = Array.from({ length: Math.max(seedsMin, Number(process.argv[2] ?? seedsMin)) }, (_, n) => `${n + 1}`);
const model = judgeAll(
  [...marketGates, correlationGate, talkGate],
  sampleAll(seeds, "model", (seed) => ({
    ...sampleMarket(marketScenario(), seed, { sessions, days }),
    messages: sampleTalk(seed, talkSessions),
  })),
);
const control = judgeAll(
  [...marketGates, correlationGate],
  sampleAll(seeds, "control", (seed) => sampleMarket(controlScenario(), seed, { sessions })),
);

const misses = model.filter(({ passed }) => !passed).length;
const caught = control.filter(({ passed }) => !passed).length;
const good = misses === 0 && caught >= controlFailuresMin;
process.stdout.write(
  `The model: median of ${seeds.length} seeds, ${sessions} sessions of one-minute returns, ${days} days\n\n`,
);
process.stdout.write(`${formatOutcomes(model)}\n\n`);
process.stdout.write("The control: geometric Brownian motion of the same volatility, which must fail\n\n");
process.stdout.write(`${formatOutcomes(control)}\n\n`);
process.stdout.write(
  `${good ? "PASS" : "FAIL"}: the model misses ${misses} gates, the control ${caught} (at least ${controlFailuresMin} wanted)\n`,
);
process.exitCode = good ? 0 : 1;
