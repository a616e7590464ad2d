/** Reads a server's command log, from where it was read last. Any member of a cluster has the same log. */
import type { LoggedCommand } from "../../simulator/index.js";
import { formatBytes } from "../core/format.js";
import { monotonicMs } from "../core/monotonic.js";
import { readCommandPage } from "../core/target-requests.js";
import type { Targets } from "../core/targets.js";

/** How long the log may take to be read before the run. Later its news are few. */
const firstLogMsMax = 30_000;
const nextLogMsMax = 10_000;
/** Of the log that is kept in all, as JSON. */
const logBytesMax = 128 << 20;

/** The stream cannot be regenerated with what the server answers, in words; a load test can still compare its subscribers. */
export interface FeedProblem {
  readonly problem: string;
  /** The server rejected the token with this status. */
  readonly rejectedWith?: number;
  /** The server asks to try again: nobody leads the cluster at this moment, or the store is away. */
  readonly isPassing?: boolean;
}

/** An entry, with when it was accepted on the server's monotonic clock, where that is said. */
export type AcceptedCommand = LoggedCommand & { readonly acceptedNs?: string };

export class CommandLog {
  readonly #targets: Targets;
  readonly #bytesMax: number;
  /** Of the last entry that was read. */
  #sequence = 0;
  #bytes = 0;
  #wasRead = false;

  constructor(targets: Targets, bytesMax: number = logBytesMax) {
    this.#targets = targets;
    this.#bytesMax = bytesMax;
  }

  /** What has been logged since. An entry in the log is applied and stays where it is. */
  async readNews(): Promise<{ readonly entries: readonly AcceptedCommand[] } | FeedProblem> {
    const entries: AcceptedCommand[] = [];
    const startMs = monotonicMs();
    const withinMs = this.#wasRead ? nextLogMsMax : firstLogMsMax;
    let last = this.#sequence;
    let bytes = this.#bytes;
    for (let hasMore = true; hasMore;) {
      const page = await this.#targets.ask((target) => readCommandPage(target, last));
      if ("problem" in page) return describeProblem(page);
      // A server that gives the same page again would be read for ever.
      const news = page.content.data.filter(({ sequence }) => sequence > last);
      entries.push(...(news as AcceptedCommand[]));
      last = news.at(-1)?.sequence ?? last;
      bytes += page.bytes;
      hasMore = page.content.hasMore && news.length > 0;
      const read = `${entries.length} commands were read from the server's log, and it has more`;
      if (bytes > this.#bytesMax) return { problem: `${read} than ${formatBytes(this.#bytesMax)} of them` };
      if (hasMore && monotonicMs() - startMs > withinMs) return { problem: `${read} after ${withinMs / 1000} s` };
    }
    this.#sequence = last;
    this.#bytes = bytes;
    this.#wasRead = true;
    return { entries };
  }
}

function describeProblem({
  problem,
  status,
}: {
  readonly problem: string;
  readonly status: number | undefined;
}): FeedProblem {
  const named = { problem: `GET /api/simulation/commands ${problem}` };
  if (status === 401 || status === 403) return { ...named, rejectedWith: status };
  return { ...named, isPassing: status === 503 };
}
