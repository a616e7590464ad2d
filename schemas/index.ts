/** The contract as a library: `max-harness/contract`. */
export type * from "./generated/types.js";
export { schemaFiles } from "./generated/schemas.js";
export { type CandleInterval, candleIntervals, intervalMsOf } from "./candle-intervals.js";
export {
  type ContractEvent,
  type EventName,
  type EventPayloads,
  eventNames,
  eventSchemaPaths,
  isEventName,
} from "./events.js";
export { type SchemaPath, createCheck, createEventChecks, findEventViolations, findViolations } from "./validators.js";
export type { Violation } from "./violation.js";
export { formatInstant, parseInstant } from "./instant.js";
export { type ContractMatchers, type MatcherResult, contractMatchers } from "./matchers.js";
export { QuantityError, formatDuration, parseCount, parseDuration, parseSize } from "./quantities.js";
