/** What a server may have beyond the documented API: judged where it is there, said where it is not. */
import { type Operation, operations } from "../operations.js";
import { type Rest, attempt } from "../rest/call.js";
import { judgeMethods } from "../rest/methods.js";
import type { Part } from "../rules.js";
import { type Control, judgeControl } from "./control.js";
import { judgeService } from "./service.js";
import { judgeSimulation } from "./simulation.js";

export interface ExtensionsOptions {
  /** Undefined where no token was given: then the simulation is left alone. */
  readonly control: Control | undefined;
  readonly runs: (part: Part) => boolean;
}

export async function judgeExtensions(rest: Rest, { control, runs }: ExtensionsOptions): Promise<void> {
  const { coverage } = rest;
  if (runs("service")) await judgeService(rest);
  if (runs("simulation")) await attempt(rest, async () => await judgeSimulation(rest));
  if (control === undefined) {
    for (const { method, path, extension } of operations)
      if (extension === "control") coverage.leaveOut(`${method} ${path}`, "needs --token");
  } else if (runs("control")) await attempt(rest, async () => await judgeControl(control));
  const isThere = (operation: Operation): boolean => operation.extension !== undefined && coverage.isCovered(operation);
  if (runs("methods")) await judgeMethods(rest, isThere);
}
