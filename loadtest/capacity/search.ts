/**
 * The search for a server's capacity: from the outcomes of all probes so far it gives the next number of subscribers, or
 * the answer. Pure: whoever probes keeps the list and asks again after each probe.
 *
 * It doubles until a probe fails, bisects, and confirms: the number found passes twice and a tenth more fails twice. What
 * contradicts itself is decided by two of three. A later outcome overrides earlier ones of single probes that it
 * contradicts, so that one bad moment far below the capacity does not become the answer.
 */

/** What came of a probe: invalid is one that says nothing about the server. */
export type ProbeOutcome = "pass" | "fail" | "invalid";

export interface ProbedClients {
  readonly clients: number;
  readonly outcome: ProbeOutcome;
}

export interface SearchSettings {
  /** Subscribers of the first probe. */
  readonly startClients: number;
  /** Never more than these. */
  readonly clientsMax: number;
  /** The search ends without a confirmed number after so many probes. @default 20 */
  readonly probesMax?: number;
}

export type ProbePurpose = "double" | "halve" | "bisect" | "confirm";

export interface NextProbe {
  readonly kind: "probe";
  readonly clients: number;
  readonly purpose: ProbePurpose;
}

export interface SearchAnswer {
  readonly kind: "answer";
  /**
   * found: confirmed. allHeld: the most that was to be tried passed twice. invalid: a probe could not be made. none: a
   * single subscriber fails. unconfirmed: outcomes contradict each other, or somebody ended the search.
   */
  readonly verdict: "found" | "allHeld" | "invalid" | "none" | "unconfirmed";
  /** The most subscribers that passed; 0 where nothing did. */
  readonly clients: number;
  /** The fewest above that failed; null where nothing did. */
  readonly failedClients: number | null;
}

/** The answer lies at most so far below the capacity, as a share. */
export const precision = 0.05;
/** An invalid probe is repeated once: a busy moment of the machine is no limit. */
const invalidMax = 2;
/** Outcomes of one kind that confirm. */
export const votesNeeded = 2;
const defaultProbesMax = 20;

class Votes {
  passed = 0;
  failed = 0;

  get isOpen(): boolean {
    return this.passed === this.failed;
  }
}

/** What is known after some probes. */
class Bracket {
  readonly #votes = new Map<number, Votes>();
  #passed: readonly number[] = [];
  #failed: readonly number[] = [];

  constructor(probed: readonly ProbedClients[]) {
    for (const { clients, outcome } of probed) if (outcome !== "invalid") this.#add(clients, outcome === "pass");
  }

  #add(clients: number, hasPassed: boolean): void {
    const votes = this.votesOf(clients);
    if (hasPassed) votes.passed += 1;
    else votes.failed += 1;
    this.#votes.set(clients, votes);
    if (votes.passed > votes.failed) {
      this.#failed = this.#failed.filter((other) => other > clients);
      this.#passed = [...this.#passed, clients];
    }
    if (votes.failed > votes.passed) {
      this.#passed = this.#passed.filter((other) => other < clients);
      this.#failed = [...this.#failed, clients];
    }
  }

  votesOf(clients: number): Votes {
    return this.#votes.get(clients) ?? new Votes();
  }

  /** The most that passed; 0 where nothing did. */
  get low(): number {
    return Math.max(0, ...this.#passed);
  }

  /** The fewest that failed; infinite where nothing did. */
  get high(): number {
    return Math.min(Infinity, ...this.#failed);
  }
}

function answerOf({ low, high }: Bracket, verdict: SearchAnswer["verdict"]): SearchAnswer {
  return { kind: "answer", verdict, clients: low, failedClients: high === Infinity ? null : high };
}

function probe(clients: number, purpose: ProbePurpose): NextProbe {
  return { kind: "probe", clients, purpose };
}

function growOrEnd(bracket: Bracket, { startClients, clientsMax }: SearchSettings): NextProbe | SearchAnswer {
  const { low } = bracket;
  if (low === 0) return probe(Math.min(startClients, clientsMax), "double");
  if (low < clientsMax) return probe(Math.min(low * 2, clientsMax), "double");
  if (bracket.votesOf(low).passed < votesNeeded) return probe(low, "confirm");
  return answerOf(bracket, "allHeld");
}

function shrinkOrEnd(bracket: Bracket): NextProbe | SearchAnswer {
  const { high } = bracket;
  if (high > 1) return probe(Math.floor(high / 2), "halve");
  if (bracket.votesOf(high).failed < votesNeeded) return probe(high, "confirm");
  return answerOf(bracket, "none");
}

function confirmOrEnd(bracket: Bracket, { clientsMax }: SearchSettings): NextProbe | SearchAnswer {
  const { low, high } = bracket;
  if (bracket.votesOf(low).passed < votesNeeded) return probe(low, "confirm");
  const above = Math.max(high, Math.min(Math.ceil((low * 11) / 10), clientsMax));
  if (bracket.votesOf(above).failed < votesNeeded) return probe(above, "confirm");
  return answerOf(bracket, "found");
}

/** What to do after these probes, the first one first. */
export function nextStep(settings: SearchSettings, probed: readonly ProbedClients[]): NextProbe | SearchAnswer {
  const bracket = new Bracket(probed);
  const last = probed.at(-1);
  if (last?.outcome === "invalid") {
    const since = probed.findLastIndex(({ clients, outcome }) => clients !== last.clients || outcome !== "invalid");
    if (probed.length - 1 - since >= invalidMax) return answerOf(bracket, "invalid");
  }
  if (probed.length >= (settings.probesMax ?? defaultProbesMax)) return answerOf(bracket, "unconfirmed");
  if (last?.outcome === "invalid") return probe(last.clients, "confirm");
  if (last !== undefined && bracket.votesOf(last.clients).isOpen) return probe(last.clients, "confirm");
  const { low, high } = bracket;
  if (high === Infinity) return growOrEnd(bracket, settings);
  if (low === 0) return shrinkOrEnd(bracket);
  if (high - low > 1 && high > low * (1 + precision)) {
    const between = Math.round(Math.sqrt(low * high));
    return probe(Math.max(low + 1, Math.min(high - 1, between)), "bisect");
  }
  return confirmOrEnd(bracket, settings);
}

/** What is known where somebody ends the search after these probes. */
export function endSearch(probed: readonly ProbedClients[]): SearchAnswer {
  return answerOf(new Bracket(probed), "unconfirmed");
}
