/** The load of the REST benchmark, in its own process: autocannon, one command at a time. */
import autocannon from "autocannon";
import type { LoadCommand, LoadReport } from "./rest-messages.js";

process.on("message", ({ load }: LoadCommand) => {
  void run(load);
});

async function run({ url, connections, durationMs, rate }: LoadCommand["load"]): Promise<void> {
  const startedMs = performance.now();
  const result = await autocannon({
    url,
    connections,
    duration: durationMs / 1000,
    ...(rate > 0 && { overallRate: rate }),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  process.send?.({
    loaded: {
      requests: result["2xx"],
      requestsPerSecond: result["2xx"] / seconds,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      failures: result.non2xx + result.errors + result.timeouts,
    },
  } satisfies LoadReport);
}
