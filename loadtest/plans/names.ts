/** What a plan's routes, stages and transports are called, so that thresholds can be about them. */
import { type Plan, eventNames } from "../../schemas/index.js";
import { measuredStages, nameStages } from "../core/timetable.js";
import { subscriberKinds } from "../oracle/subscriber-kind.js";
import { messageRoute, nameOfRoute } from "../rest/request-source.js";
import type { KnownNames } from "../verdict/thresholds.js";

export function namesOf(plan: Plan): KnownNames {
  const routes = (plan.rest?.routes ?? []).map(nameOfRoute);
  const stages = measuredStages(plan);
  return {
    events: eventNames,
    "http.routes": plan.messages === undefined ? routes : [...routes, messageRoute],
    stages: nameStages(stages),
    restarts: nameStages(stages).filter((_, index) => stages[index]!.kind === "restart"),
    transports: subscriberKinds,
  };
}
