/** Everything that can be set about the realtime room, with its defaults. */
import type { Server as HttpServer } from "node:http";
import {
  type OptionTable,
  callback,
  either,
  flag,
  group,
  listOf,
  objectWith,
  oneOf,
  text,
} from "../../schemas/option-table.js";
import { type Logger, loggerRule } from "../core/logger.js";
import { type RealtimeLimits, realtimeLimitRules } from "./limits.js";
import { type SlowSubscriberPolicy, slowSubscriberRules } from "./slow-policy.js";

export interface RealtimeOptions {
  /** Listens, or will listen; it stays the caller's to close. */
  readonly httpServer: HttpServer;
  /** Simulated now in epoch milliseconds, for broadcasts without a timestamp. */
  readonly nowMs: () => number;
  /** The name of a known author, for messages without one. @default nobody is known */
  readonly authorName?: (authorId: string) => string | undefined;
  /** Origins of pages that may connect; `*` lets any, outside production. @default "*" */
  readonly origin?: string | readonly string[];
  /** @default "/socket.io/" */
  readonly path?: string;
  /**
   * How a broadcast reaches its subscribers: `batched` joins the frames of a tick and writes them once to
   * each, `stock` leaves it to Socket.IO, without the policy for slow subscribers.
   * @default "batched"
   */
  readonly fanout?: "batched" | "stock";
  /**
   * Socket.IO's connection state recovery. It appends an offset as a second argument to every event for
   * every client, which strict one-argument handlers refuse; and nothing is skipped for slow subscribers.
   * @default false
   */
  readonly recovery?: boolean;
  /** @default realtimeLimitDefaults */
  readonly limits?: Partial<RealtimeLimits>;
  /** @default slowSubscriberDefaults */
  readonly slow?: Partial<SlowSubscriberPolicy>;
  /** Payloads, session ids, addresses and tokens never reach it. @default none */
  readonly logger?: Logger;
}

export const originRule = either(text, listOf(text, "an array of origins"));
export const fanoutRule = oneOf("batched", "stock");

export const realtimeRules: OptionTable<RealtimeOptions> = {
  httpServer: objectWith("an HTTP server", "on", "listeners"),
  nowMs: callback,
  authorName: callback,
  origin: originRule,
  path: {
    accepts: (value) => typeof value === "string" && /^\/[^?#\s]*$/.test(value),
    expected: 'a path such as "/socket.io/"',
  },
  fanout: fanoutRule,
  recovery: flag,
  limits: group(realtimeLimitRules),
  slow: group(slowSubscriberRules),
  logger: loggerRule,
};
