/**
 * How many requests a second a server answers at most, with so many connections: a closed loop, each connection sends
 * the next request upon an answer.
 *
 * Autocannon does it in this process: nothing else is measured then. Its latencies are left out: while the server stands
 * still, such a loop sends nothing, and counts nothing.
 */
import type { Result } from "autocannon";
import type { PlanSaturation, SummarySaturation } from "../../schemas/index.js";
import { maskSecrets } from "../core/mask-secrets.js";
import type { Target } from "../core/target.js";

export async function measureSaturation(
  { path, connections, durationMs }: PlanSaturation,
  { base, headers }: Target,
  signal: AbortSignal,
): Promise<SummarySaturation> {
  const { default: autocannon } = await import("autocannon");
  const seconds = durationMs / 1000;
  const options = { url: base + path, connections, duration: seconds, sampleInt: 100 };
  const result = await new Promise<Result>((resolve, reject) => {
    const finished = (error: Error | null, ended: Result): void => (error === null ? resolve(ended) : reject(error));
    const loop = autocannon({ ...options, headers: { ...headers } }, finished);
    signal.addEventListener("abort", () => loop.stop(), { once: true });
  });
  return {
    route: `GET ${maskSecrets(path)}`,
    connections,
    durationMs: Math.round(result.duration * 1000),
    requestsPerSecond: result["2xx"] / result.duration,
    requests: result["2xx"],
    failed: result.non2xx,
    errors: result.errors,
  };
}
