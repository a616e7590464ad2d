/**
 * The realtime room: Socket.IO on the server's port, the four documented broadcast functions and `batch`.
 *
 * What other rooms may use is exported here; the parts are put together in create-realtime.ts.
 */
export type { Broadcaster } from "./broadcaster.js";
export { type Realtime, createRealtime } from "./create-realtime.js";
export { RealtimeOptionError } from "./errors.js";
export { type RealtimeLimits, realtimeLimitDefaults, realtimeLimitRules } from "./limits.js";
export { registerMetrics } from "./metrics.js";
export { type RealtimeOptions, fanoutRule, originRule } from "./options.js";
export { type SlowSubscriberPolicy, slowSubscriberDefaults, slowSubscriberRules } from "./slow-policy.js";
