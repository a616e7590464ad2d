/**
 * The operations that this project has beyond a server of the documented API: its simulation, moving that
 * about, and what supervisors and readers ask for.
 *
 * Another implementation needs none of them. What it has of them is judged as documented; moving the
 * simulation needs the control token, and is left alone without it.
 */
import type { Operation } from "./operation.js";

/** What a seek or a reset answers beside the simulation. */
const beside = { field: "deleted", schema: "resources/deleted-rows.schema.json" } as const;

const badBody = [400, 413, 415, 422] as const;

function move(name: string, more: Partial<Operation>, errors: readonly number[]): Operation {
  return {
    method: "POST",
    path: `/api/simulation/${name}`,
    level: "management",
    extension: "control",
    success: 200,
    response: "resources/simulation.schema.json",
    errors: [401, ...errors],
    ...more,
  };
}

function service(path: string, more: Partial<Operation> = {}): Operation {
  return { method: "GET", path, level: "management", extension: "service", success: 200, errors: [], ...more };
}

export const extensionOperations: readonly Operation[] = [
  service("/api/simulation", { extension: "simulation", response: "resources/simulation.schema.json" }),
  service("/api/simulation/events", { extension: "simulation" }),
  service("/api/simulation/commands", {
    extension: "control",
    response: "resources/command-list.schema.json",
    errors: [400, 401],
  }),
  move("play", {}, [409]),
  move("pause", {}, []),
  move("step", { request: "requests/simulation-step.schema.json" }, [...badBody, 409]),
  move("speed", { request: "requests/simulation-speed.schema.json" }, badBody),
  move("seek", { request: "requests/simulation-seek.schema.json", beside }, [...badBody, 409]),
  move("reset", { request: "requests/simulation-reset.schema.json", beside }, [...badBody, 409]),
  service("/metrics", { extension: "control", errors: [401] }),
  service("/livez", { response: "resources/probe.schema.json" }),
  service("/readyz", { response: "resources/probe.schema.json" }),
  service("/api/index", { response: "resources/market-index.schema.json" }),
  service("/api/scenarios", { response: "resources/scenario-outline-list.schema.json" }),
  service("/openapi.json"),
  service("/asyncapi.json"),
  service("/llms.txt"),
  service("/docs"),
  service("/docs/guides"),
  service("/docs/rest"),
  service("/docs/events"),
  service("/docs/problems"),
];
