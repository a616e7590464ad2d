/** The load test as a library: what the command line and the tests call. */
export { type AgentOptions, runAgent } from "./agents/agent.js";
export { OptionError, TargetError } from "./core/errors.js";
export type { ObservedRun, RunObserver } from "./core/observed-run.js";
export { collectLiveMetrics } from "./live/metrics.js";
export { formatLivePage, formatLiveReport, formatLiveRun } from "./live/page.js";
export type {
  AgentsOptions,
  LoadtestOptions,
  LoadtestResult,
  LoadtestServer,
  ProgressDisplay,
} from "./core/options.js";
export {
  type CapacityOptions,
  type CapacityResult,
  capacityDefaults,
  findCapacity,
  prepareCapacity,
} from "./controller/find-capacity.js";
export { formatCapacityMarkdown } from "./report/capacity/markdown.js";
export {
  type AbOptions,
  type AbResult,
  type AbSource,
  type AbTarget,
  type OpenServer,
  abDefaults,
  compareServers,
  prepareAb,
} from "./controller/compare-servers.js";
export { formatAbMarkdown } from "./report/ab/markdown.js";
export { formatAb } from "./report/ab/text.js";
export { formatCapacity } from "./report/capacity/text.js";
export { compareRuns } from "./comparison/compare-runs.js";
export { type RunSet, readRuns } from "./comparison/read-runs.js";
export { formatComparison } from "./report/comparison/text.js";
export { formatComparisonMarkdown } from "./report/comparison/markdown.js";
export { writeComparison } from "./report/comparison/write.js";
export { loadPlan } from "./plans/parse.js";
export { shippedPlans } from "./plans/shipped.js";
export { stageKinds } from "./plans/stages.js";
export { formatDiagnosis, formatFixes, runDoctor } from "./controller/doctor.js";
export { prepareLoadtest } from "./controller/prepare.js";
export { runPrepared } from "./controller/run-prepared.js";
export { formatAnnotations, formatConclusion } from "./report/annotations.js";
export { formatMarkdown } from "./report/markdown.js";
export { formatResult } from "./report/terminal.js";
