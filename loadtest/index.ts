/** The load test as a library: what the command line and the tests call. */
export {
  type LoadtestOptions,
  type LoadtestResult,
  type LoadtestServer,
  PlanError,
  type ProgressDisplay,
  TargetError,
} from "./core/options.js";
export { loadPlan } from "./plans/parse.js";
export { shippedPlans } from "./plans/shipped.js";
export { formatDiagnosis, runDoctor } from "./controller/doctor.js";
export { prepareLoadtest } from "./controller/prepare.js";
export { runLoadtest } from "./controller/run.js";
export { formatResult } from "./report/terminal.js";
