/** The load test as a library: what the command line and the tests call. */
export {
  type LoadtestOptions,
  type LoadtestResult,
  type LoadtestServer,
  PlanError,
  type ProgressDisplay,
  TargetError,
} from "./options.js";
export { loadPlan } from "./plans/parse.js";
export { shippedPlans } from "./plans/shipped.js";
export { formatDiagnosis, runDoctor } from "./doctor.js";
export { prepareLoadtest } from "./prepare.js";
export { runLoadtest } from "./run.js";
export { formatFinalScreen } from "./report/screen.js";
