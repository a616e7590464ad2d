/**
 * Realtime: Socket.IO on the server's port, the four documented broadcast functions, `batch` and `publish`.
 *
 * What other modules may use is exported here; the parts are put together in create-realtime.ts.
 */
export { type Broadcaster, type PayloadDefaults, createOrderedBroadcaster } from "./broadcaster.js";
export type { Counts, RealtimeCounters } from "./counters.js";
export { type Realtime, createRealtime } from "./create-realtime.js";
export type { RecoverySource } from "./recovery.js";
export { RealtimeOptionError } from "./errors.js";
export {
  type RealtimeLimits,
  type RealtimeOptions,
  compressionRule,
  fanoutRule,
  originRule,
  realtimeLimitDefaults,
  realtimeLimitRules,
} from "./options.js";
export { type SlowSubscriberPolicy, slowSubscriberDefaults, slowSubscriberRules } from "./slow-policy.js";
