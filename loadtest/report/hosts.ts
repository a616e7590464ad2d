/** The hosts of the agents as a table: the same cells on the screen, in Markdown and on the page. */
import type { Summary } from "../../schemas/index.js";
import { formatCount, formatMs, formatPercent } from "../core/format.js";

export const hostHead = ["subscribers", "workers", "busiest", "clock", "against it"] as const;

/** A row for each host, with its name in front; none where the load test's own host held the subscribers. */
export function hostRows({ generator }: Summary): string[][] {
  return generator.hosts.map(({ host, clients, workers, utilisationMax, uncertaintyMs, evidence }) => [
    host,
    formatCount(clients),
    String(workers),
    formatPercent(utilisationMax),
    `±${formatMs(uncertaintyMs)}`,
    evidence.length === 0 ? "nothing" : String(evidence.length),
  ]);
}
