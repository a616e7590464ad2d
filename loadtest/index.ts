/** The load test as a library: what the command line and the tests call. */
export { OptionError, TargetError } from "./core/errors.js";
export type { LoadtestOptions, LoadtestResult, LoadtestServer, ProgressDisplay } from "./core/options.js";
export { loadPlan } from "./plans/parse.js";
export { shippedPlans } from "./plans/shipped.js";
export { formatDiagnosis, runDoctor } from "./controller/doctor.js";
export { prepareLoadtest } from "./controller/prepare.js";
export { runLoadtest } from "./controller/run-loadtest.js";
export { formatResult } from "./report/terminal.js";
