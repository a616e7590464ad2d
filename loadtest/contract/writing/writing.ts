/** Everything that the `management` profile asks for, in the order in which one thing needs the other. */
import type { Listening } from "../events/listening.js";
import { type ResourceKind, resourceKinds } from "../core/operations.js";
import { type Rest, attempt } from "../rest/call.js";
import type { HttpClient } from "../rest/http-client.js";
import type { Part } from "../core/rules.js";
import { judgeChanging, judgeDeleting } from "./changing.js";
import { judgeCreating } from "./creating.js";
import { judgeUnsafeInputs } from "./unsafe-inputs.js";
import { judgeMessages } from "./messages.js";
import { judgeRefusing } from "./refusing.js";
import { judgeRepeating } from "./repeating.js";
import { judgeSequences } from "./sequences.js";
import { judgeStatuses } from "./statuses.js";
import { type Fixtures, createFixtures } from "./fixtures.js";

export interface WritingOptions {
  /** Takes away in the end what was made, also in the time of grace. */
  readonly cleanupClient: HttpClient;
  readonly runs: (part: Part) => boolean;
}

type Check = (fixtures: Fixtures) => Promise<void>;

const ofEachKind =
  (check: (fixtures: Fixtures, kind: ResourceKind) => Promise<void>): Check =>
  async (fixtures) => {
    for (const kind of resourceKinds) await attempt(fixtures.rest, async () => await check(fixtures, kind));
  };

/** In this order, because the later ones change what the earlier ones made. */
const checks: readonly (readonly [Part, Check])[] = [
  ["messages", judgeMessages],
  ["statuses", judgeStatuses],
  ["changing", ofEachKind(judgeChanging)],
  ["deleting", ofEachKind(judgeDeleting)],
  ["refusing", judgeRefusing],
  ["repeating", judgeRepeating],
  ["unsafe-inputs", judgeUnsafeInputs],
  ["sequences", judgeSequences],
];

async function judgeAll(fixtures: Fixtures, restOf: (part: Part) => Rest, runs: WritingOptions["runs"]): Promise<void> {
  if (runs("creating")) await ofEachKind(judgeCreating)(fixtures);
  else await fixtures.createAll();
  // Without one of each there is nothing to change; that it could not be made is a finding already.
  if (resourceKinds.some((kind) => fixtures.own[kind] === "")) return;
  for (const [part, check] of checks) {
    if (!runs(part)) continue;
    const rest = restOf(part);
    await attempt(rest, async () => await check({ ...fixtures, rest }));
  }
}

export async function judgeWriting(
  restOf: (part: Part) => Rest,
  listening: Listening,
  { cleanupClient, runs }: WritingOptions,
): Promise<void> {
  const rest = restOf("creating");
  const fixtures = createFixtures(rest, listening, cleanupClient);
  try {
    await attempt(rest, async () => await judgeAll(fixtures, restOf, runs));
  } finally {
    await attempt(rest, fixtures.clear);
  }
}
