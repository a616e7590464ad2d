/** A real API over a real, frozen simulation and a store, in memory where nothing else is said, on a port of its own. */
import { hash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test as base, onTestFinished } from "vitest";
import { SIMULATOR_VERSION, createManualClock, defaultScenarioName, shippedScenarios } from "../../simulator/index.js";
import { silentLogger } from "../core/logger.js";
import type { SimulationHost } from "../simulation/simulation-host.js";
import { createSimulation } from "../simulation/running-simulation.js";
import { openStore } from "../store/open-store.js";
import type { Store } from "../store/store.js";
import { type ApiOptions, createApi } from "./index.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what an answer holds is what the tests are about
  readonly body: any;
}

export interface TestApi {
  readonly url: string;
  readonly token: string;
  readonly host: SimulationHost;
  readonly store: Store;
  /** Everything that was broadcast, oldest first. */
  readonly broadcasts: { readonly event: string; readonly payload: unknown }[];
  /** Moves simulated time on. */
  advance(ms: number): void;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same with the control token. */
  control(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface TestApiOptions {
  /** Changes what the API is given, such as a store that fails. */
  readonly api?: (options: ApiOptions) => Partial<ApiOptions>;
  readonly store?: (store: Store) => Store;
  /** Where the store is. @default in memory */
  readonly storeUrl?: string;
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text };
}

/** Starts an API; it is closed when the test ends. */
export async function startApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { close, ...api } = await openApi(options);
  onTestFinished(close);
  return api;
}

/** `test` with an API that the tests of a file share: for requests that change nothing which another test looks at. */
export const test = base.extend<{ api: TestApi }>({
  api: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures it needs: none
    async ({}, use) => {
      const { close, ...api } = await openApi();
      await use(api);
      await close();
    },
    { scope: "file" },
  ],
});

async function openApi(options: TestApiOptions = {}): Promise<TestApi & { close(): Promise<void> }> {
  const seed = "42";
  const token = "test-token";
  const scenario = shippedScenarios.get(defaultScenarioName);
  if (scenario === undefined) throw new Error("the default scenario is not shipped");
  const opened = await openStore({
    url: options.storeUrl ?? ":memory:",
    seed,
    scenario: scenario.name,
    simulatorVersion: SIMULATOR_VERSION,
    // A starved process would answer 503 after the usual five seconds, and rightly so.
    waitMsMax: 120_000,
  });
  const store = options.store?.(opened) ?? opened;
  const manual = createManualClock();
  const broadcasts: TestApi["broadcasts"] = [];
  const host = createSimulation({
    world: { seed, scenario },
    clock: manual.clock,
    publish: (events) => broadcasts.push(...events.map(({ event, payload }) => ({ event, payload }))),
    store,
    hash: (text) => hash("sha256", text),
  });
  host.play();

  const given: ApiOptions = {
    host,
    store,
    version: "0.0.0",
    token,
    isDraining: () => false,
    origin: "*",
    logger: silentLogger,
  };
  const server = createServer(createApi({ ...given, ...options.api?.(given) }).callback());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  async function close(): Promise<void> {
    server.closeAllConnections();
    server.close();
    await opened.close();
  }

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const raw = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    return await toAnswer(await fetch(`${url}${path}`, { method, headers: { ...type, ...headers }, ...raw }));
  }

  return {
    url,
    token,
    host,
    store,
    broadcasts,
    advance: manual.advance,
    call,
    close,
    control: (method, path, body) => call(method, path, body, { authorization: `Bearer ${token}` }),
  };
}
