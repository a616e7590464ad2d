/**
 * At most so many requests from one peer in a window of time. Peers on this machine are not limited
 * unless that is asked for: they are load tests, and the console.
 *
 * Large answers count more: each 64 KiB of one as a further request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { type OptionTable, flag, wholeFrom } from "../../schemas/option-table.js";
import { peerOf } from "../http/addresses.js";
import { type ClientAddressOf, connectionAddress } from "../http/client-addresses.js";
import { ProblemError } from "../http/problems.js";

export interface RateLimit {
  /** Requests that a peer may make in a window, 64 KiB of an answer counting as one more. Zero means no limit. @default 2000 */
  readonly requestsMax: number;
  /** @default 10 */
  readonly windowSeconds: number;
  /** Limits peers on this machine, too. @default true where `requestsMax` is set */
  readonly limitsLoopback: boolean;
}

export const rateLimitDefaults = { requestsMax: 2000, windowSeconds: 10 };

/** Bytes of an answer that count as a request. */
const bytesPerRequest = 64 * 1024;
export const rateLimitRules: OptionTable<RateLimit> = {
  requestsMax: wholeFrom(0),
  // The limiter's timer cannot wait for longer than a few weeks.
  windowSeconds: wholeFrom(1, 86_400, " seconds"),
  limitsLoopback: flag,
};

/** Null where the peer is not limited; else resolves when it may go on, and rejects with 429 when it may not. */
export type RateLimiter = (request: IncomingMessage, response: ServerResponse) => Promise<void> | null;

export function createRateLimiter(
  limit: Partial<RateLimit> = {},
  addressOf: ClientAddressOf = connectionAddress,
): RateLimiter {
  const { requestsMax, windowSeconds } = { ...rateLimitDefaults, ...limit };
  const { limitsLoopback = limit.requestsMax !== undefined } = limit;
  if (requestsMax === 0) return () => null;
  const limiter = new RateLimiterMemory({ points: requestsMax, duration: windowSeconds });

  async function take(peer: string): Promise<void> {
    try {
      await limiter.consume(peer);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      throw new ProblemError(
        "too-many-requests",
        `More than ${requestsMax} requests, or as many times 64 KiB of answers, in ${windowSeconds} s; try again in ${seconds} s.`,
        { headers: { "Retry-After": String(seconds) } },
      );
    }
  }

  /** Requests of a connection are answered one at a time, so what it has sent meanwhile is the answer. */
  function chargeBytes(peer: string, { socket }: IncomingMessage, response: ServerResponse): void {
    const sentBefore = socket.bytesWritten;
    response.once("close", () => {
      const further = Math.floor((socket.bytesWritten - sentBefore) / bytesPerRequest);
      if (further > 0) void limiter.penalty(peer, further);
    });
  }

  return (request, response) => {
    const { address, isLocal } = addressOf(request);
    if (!limitsLoopback && isLocal) return null;
    const peer = peerOf(address);
    chargeBytes(peer, request, response);
    return take(peer);
  };
}
