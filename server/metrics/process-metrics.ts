/**
 * Metrics of the process itself, under the names that prom-client gives them and dashboards know.
 *
 * They are the one thing that all servers of a process share: what prom-client begins to watch with them, garbage
 * collection above all, it watches for ever.
 */
import { Registry, collectDefaultMetrics } from "prom-client";

let registry: Registry | undefined;

/** Nothing is watched before the first call. */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
