/** What of a generator's configuration depends on the host that it runs on: each host decides it for itself. */
import { isLoopbackName } from "../../schemas/loopback.js";
import { findProcessors } from "../core/limits.js";
import { takesAnyLoopback } from "../core/loopback.js";
import type { SubscriberTarget } from "../core/target.js";
import type { GeneratorConfig } from "./protocol.js";
import { planAddresses } from "./shares.js";

/** With fewer subscribers a tick has arrived before staying awake for it gains anything, and others need the core. */
const busyPollingFrom = 1000;

/** What is to run on a host. */
export interface HostLoad {
  /** Generator processes; 0: in this process. */
  readonly workers: number;
  /** Subscribers of all of them at the fullest. */
  readonly clients: number;
}

/** Whether generators that stay awake leave a core for each server, which are on this machine. */
function hasCoreToSpare(workers: number, hostnames: readonly string[]): boolean {
  const needed = workers + hostnames.length - 1;
  return workers > 0 && needed < findProcessors() && hostnames.every((name) => isLoopbackName(name));
}

export function fitToHost(
  targets: readonly SubscriberTarget[],
  { workers, clients }: HostLoad,
): Pick<GeneratorConfig, "sources" | "busyPolling"> {
  const hostnames = targets.map(({ origin }) => new URL(origin).hostname);
  const hasAnyLoopback = hostnames.every((name) => takesAnyLoopback(name));
  return {
    sources: planAddresses(hasAnyLoopback ? clients : 0, Math.max(1, workers)),
    busyPolling: clients >= busyPollingFrom && hasCoreToSpare(workers, hostnames),
  };
}
