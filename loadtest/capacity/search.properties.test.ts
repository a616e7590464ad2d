/** The search against planted capacities: what it answers, in how many probes, and that it never claims too much. */
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { createStream } from "../../simulator/random/stream.js";
import {
  type ProbeOutcome,
  type ProbedClients,
  type SearchAnswer,
  type SearchSettings,
  endSearch,
  nextStep,
} from "./search.js";

const seeds = Array.from({ length: amount(1000, 20_000) }, (_, seed) => seed);
const settings: SearchSettings = { startClients: 200, clientsMax: 10_000 };

/** Numbers from 0 to 1. */
function createRandom(purpose: string, seed: number): () => number {
  const stream = createStream(String(seed), "capacity", "search", purpose);
  return () => stream.uniform();
}

type Server = (clients: number) => ProbeOutcome;

interface Search {
  readonly answer: SearchAnswer;
  readonly probed: readonly ProbedClients[];
}

function search(server: Server, given: SearchSettings = settings): Search {
  const probed: ProbedClients[] = [];
  for (;;) {
    const step = nextStep(given, probed);
    if (step.kind === "answer") return { answer: step, probed };
    const isAllowed = step.clients >= 1 && step.clients <= given.clientsMax && probed.length < 20;
    if (!isAllowed) throw new Error(`${step.clients} subscribers after ${probed.length} probes`);
    probed.push({ clients: step.clients, outcome: server(step.clients) });
  }
}

/** Uniform in logarithm: small and large ones alike. */
function between(least: number, most: number, share: number): number {
  return Math.floor(least * (most / least) ** share);
}

function holds(capacity: number): Server {
  return (clients) => (clients <= capacity ? "pass" : "fail");
}

/** That the number passed twice and a tenth more failed twice, or the most that was to be tried. */
function expectConfirmed({ answer, probed }: Search): void {
  const count = (clients: number, outcome: ProbeOutcome) =>
    probed.filter((one) => one.clients === clients && one.outcome === outcome).length;
  const above = Math.max(answer.failedClients!, Math.min(Math.ceil((answer.clients * 11) / 10), 10_000));
  expect(count(answer.clients, "pass")).toBeGreaterThanOrEqual(2);
  expect(count(above, "fail")).toBeGreaterThanOrEqual(2);
}

test(`a planted capacity is found within 5 % in at most 14 probes, seeds 0 to ${seeds.length - 1}`, () => {
  for (const seed of seeds) {
    const capacity = between(100, 9999, createRandom("capacity", seed)());
    const found = search(holds(capacity));
    const { answer, probed } = found;
    expect(answer.verdict, `seed ${seed}`).toBe("found");
    expect(answer.clients).toBeLessThanOrEqual(capacity);
    expect(answer.clients).toBeGreaterThan(capacity / 1.05 - 1e-9);
    expect(answer.failedClients).toBeGreaterThan(capacity);
    expect(probed.length, `seed ${seed}, ${capacity}`).toBeLessThanOrEqual(14);
    expectConfirmed(found);
  }
});

test("small capacities, down to a single subscriber, are found exactly", () => {
  for (let capacity = 1; capacity <= 20; capacity += 1) {
    const { answer } = search(holds(capacity), { startClients: 4, clientsMax: 1000 });
    expect(answer).toMatchObject({ verdict: "found", clients: capacity, failedClients: capacity + 1 });
  }
  const { answer, probed } = search(holds(0));
  expect(answer).toEqual({ kind: "answer", verdict: "none", clients: 0, failedClients: 1 });
  expect(probed.filter(({ clients }) => clients === 1)).toHaveLength(2);
});

test(`with outcomes that vary within 5 % of the capacity the answer is at most 10 % off, seeds 0 to ${seeds.length - 1}`, () => {
  let found = 0;
  for (const seed of seeds) {
    const random = createRandom("noise", seed);
    const capacity = between(210, 9000, random());
    const noisy: Server = (clients) => (clients > capacity * (0.95 + 0.1 * random()) ? "fail" : "pass");
    const { answer } = search(noisy);
    if (answer.verdict !== "found") continue;
    found += 1;
    expect(answer.clients, `seed ${seed}`).toBeLessThanOrEqual(capacity * 1.05);
    expect(answer.clients, `seed ${seed}`).toBeGreaterThanOrEqual((capacity * 0.95) / 1.05 - 1);
  }
  expect(found / seeds.length).toBeGreaterThan(0.95);
});

test(`one probe that fails for no reason does not become the capacity, seeds 0 to ${seeds.length - 1}`, () => {
  let found = 0;
  for (const seed of seeds) {
    const random = createRandom("stray", seed);
    const capacity = between(400, 9000, random());
    const strayAt = Math.floor(random() * 12);
    let count = -1;
    const { answer } = search((clients) => {
      count += 1;
      return count === strayAt ? "fail" : holds(capacity)(clients);
    });
    if (answer.verdict !== "found") continue;
    found += 1;
    expect(answer.clients, `seed ${seed}`).toBeLessThanOrEqual(capacity);
    expect(answer.clients, `seed ${seed}`).toBeGreaterThan(capacity / 1.1 - 1);
  }
  expect(found / seeds.length).toBeGreaterThan(0.9);
});

test(`a generator that is too weak gives a lower bound, never a number of the server's, seeds 0 to ${seeds.length - 1}`, () => {
  for (const seed of seeds) {
    const random = createRandom("generator", seed);
    const capacity = between(100, 9999, random());
    const enough = between(100, 9999, random());
    const { answer } = search((clients) => (clients > enough ? "invalid" : holds(capacity)(clients)));
    expect(answer.clients, `seed ${seed}`).toBeLessThanOrEqual(Math.min(capacity, enough));
    if (answer.verdict === "found") expect(answer.clients).toBeGreaterThan(capacity / 1.05 - 1e-9);
    else expect(answer.verdict).toBe("invalid");
    // Whoever cannot try more than the capacity cannot find it.
    if (enough <= capacity) expect(answer.verdict).toBe("invalid");
    if (enough >= Math.min(10_000, capacity * 2)) expect(answer.verdict).toBe("found");
  }
});

test(`a single invalid probe is repeated and changes nothing, seeds 0 to ${seeds.length - 1}`, () => {
  for (const seed of seeds) {
    const random = createRandom("moment", seed);
    const capacity = between(200, 9999, random());
    const at = Math.floor(random() * 12);
    let count = -1;
    const { answer } = search((clients) => {
      count += 1;
      return count === at ? "invalid" : holds(capacity)(clients);
    });
    expect(answer, `seed ${seed}`).toEqual(search(holds(capacity)).answer);
  }
});

test("a server that holds everything is tried with the most twice, and no more", () => {
  const { answer, probed } = search(holds(Infinity));
  expect(answer).toEqual({ kind: "answer", verdict: "allHeld", clients: 10_000, failedClients: null });
  expect(probed.map(({ clients }) => clients)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test("a search that may not go on has what it knows, unconfirmed", () => {
  const { answer, probed } = search(holds(1000), { ...settings, probesMax: 6 });
  expect(answer).toEqual({ kind: "answer", verdict: "unconfirmed", clients: 951, failedClients: 1131 });
  expect(probed.map(({ clients }) => clients)).toEqual([200, 400, 800, 1600, 1131, 951]);
  expect(endSearch(probed)).toEqual(answer);
});
