/** What a server may have beyond the documented API: judged where it is there, said where it is not. */
import type { Operation } from "../core/operation.js";
import { operations } from "../core/operations.js";
import { type Rest, attempt } from "../rest/call.js";
import { judgeMethods } from "../rest/methods.js";
import type { Part } from "../core/rules.js";
import { type Control, judgeControl } from "./control.js";
import { judgeService, offers } from "./service.js";
import { judgeSimulation } from "./simulation.js";

export interface ExtensionsOptions {
  /** Undefined where no token was given: then the simulation is left alone. */
  readonly control: Control | undefined;
  readonly runs: (part: Part) => boolean;
}

async function leaveControlAlone(rest: Rest, hasSimulation: boolean): Promise<void> {
  for (const operation of operations.filter(({ extension }) => extension === "control")) {
    const { method, path } = operation;
    let isThere = hasSimulation;
    if (!path.startsWith("/api/simulation/"))
      await attempt(rest, async () => (isThere = await offers(rest, operation)));
    rest.coverage.leaveOut(`${method} ${path}`, isThere ? "needs the control token" : "not offered");
  }
}

export async function judgeExtensions(
  restOf: (part: Part) => Rest,
  { control, runs }: ExtensionsOptions,
): Promise<void> {
  let hasSimulation = true;
  if (runs("service")) await judgeService(restOf("service"));
  const ofSimulation = restOf("simulation");
  const { coverage } = ofSimulation;
  if (runs("simulation"))
    await attempt(ofSimulation, async () => (hasSimulation = await judgeSimulation(ofSimulation)));
  if (control === undefined) await leaveControlAlone(restOf("control"), hasSimulation);
  else if (runs("control")) await attempt(control.rest, async () => await judgeControl(control));
  const isThere = (operation: Operation): boolean => operation.extension !== undefined && coverage.isCovered(operation);
  if (runs("methods")) await judgeMethods(restOf("methods"), isThere);
}
