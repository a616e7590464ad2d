/** Everything that the `management` profile asks for, in the order in which one thing needs the other. */
import type { Listening } from "../events/listening.js";
import { type ResourceKind, resourceKinds } from "../core/operations.js";
import { type Rest, attempt } from "../rest/call.js";
import type { HttpClient } from "../rest/http-client.js";
import type { Part } from "../core/rules.js";
import { judgeChanging, judgeDeleting } from "./changing.js";
import { judgeCreating } from "./creating.js";
import { judgeHazards } from "./unsafe-inputs.js";
import { judgeMessages } from "./messages.js";
import { judgeRefusing } from "./refusing.js";
import { judgeRepeating } from "./repeating.js";
import { judgeSequences } from "./sequences.js";
import { judgeStatuses } from "./statuses.js";
import { type Workbench, createWorkbench } from "./fixtures.js";

export interface WritingOptions {
  /** Takes away in the end what was made, also in the time of grace. */
  readonly cleaner: HttpClient;
  readonly runs: (part: Part) => boolean;
}

type Check = (bench: Workbench) => Promise<void>;

const ofEachKind =
  (check: (bench: Workbench, kind: ResourceKind) => Promise<void>): Check =>
  async (bench) => {
    for (const kind of resourceKinds) await attempt(bench.rest, async () => await check(bench, kind));
  };

/** In this order, because the later ones change what the earlier ones made. */
const checks: readonly (readonly [Part, Check])[] = [
  ["messages", judgeMessages],
  ["statuses", judgeStatuses],
  ["changing", ofEachKind(judgeChanging)],
  ["deleting", ofEachKind(judgeDeleting)],
  ["refusing", judgeRefusing],
  ["repeating", judgeRepeating],
  ["hazards", judgeHazards],
  ["sequences", judgeSequences],
];

async function judgeAll(bench: Workbench, runs: WritingOptions["runs"]): Promise<void> {
  if (runs("creating")) await ofEachKind(judgeCreating)(bench);
  else await bench.furnish();
  // Without one of each there is nothing to change; that it could not be made is a finding already.
  if (resourceKinds.some((kind) => bench.own[kind] === "")) return;
  for (const [part, check] of checks) if (runs(part)) await attempt(bench.rest, async () => await check(bench));
}

export async function judgeWriting(rest: Rest, listening: Listening, { cleaner, runs }: WritingOptions): Promise<void> {
  const bench = createWorkbench(rest, listening, cleaner);
  try {
    await attempt(rest, async () => await judgeAll(bench, runs));
  } finally {
    await attempt(rest, bench.clear);
  }
}
