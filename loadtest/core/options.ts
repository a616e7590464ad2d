/** What a load test is asked for, and the ways in which it cannot begin. */
import type { Plan, Scenario, Summary } from "../../schemas/index.js";
import type { RunObserver } from "./observed-run.js";
import { type OptionRule, record } from "../../schemas/option-table.js";

/** The longest that a run, or a part of it, may take, milliseconds: 20 days. A timer takes little more. */
export const runMsMax = 1_728_000_000;

/** The most subscribers of a plan, as in its schema. */
export const clientsMax = 1_000_000;

/** The most generator processes. */
export const workersMax = 256;

export const headersRule: OptionRule = {
  accepts: (value) =>
    record("").accepts(value) && Object.values(value as object).every((one) => typeof one === "string"),
  expected: "an object whose values are strings",
  isSecret: true,
};

export const signalRule: OptionRule = { accepts: (value) => value instanceof AbortSignal, expected: "an AbortSignal" };

export interface LoadtestServer {
  /**
   * Address: http or https, with a path prefix if it has one. Several are those of members of one cluster:
   * subscribers are spread evenly over them, REST requests go round them.
   */
  readonly url: string | readonly string[];
  /**
   * The control token: the command log is read with it. Without it the subscribers are compared with each other; with
   * it the run is refused where the stream cannot be regenerated. An empty one is none.
   */
  readonly token?: string;
  /**
   * The token may be for another server, such as one from an environment variable: a server that has no simulation, or
   * another version or scenario, is load-tested without it. @default false
   */
  readonly isTokenOptional?: boolean;
}

/** Shows a run while it goes on. */
export interface ProgressDisplay {
  /** Takes a line that stays. */
  line(text: string): void;
  /** Takes what replaces its last text, every second; an empty one in the end. @default lines every few seconds */
  bar?(text: string): void;
}

/** Other hosts that hold the subscribers. */
export interface AgentsOptions {
  /** So many are waited for. */
  readonly count: number;
  /** Where they are listened for. Port 0 is any free one. */
  readonly host: string;
  readonly port: number;
  /** Only who has it takes part. */
  readonly token: string;
  /** Milliseconds that they may take to come. */
  readonly waitMs: number;
  /** Told the port, once agents can come. */
  readonly onListening?: (port: number) => void;
  /** Aborted where they will not come any more; its reason is thrown. */
  readonly failure?: AbortSignal;
}

export interface LoadtestOptions {
  /** The server is started for this run; it holds its side of the connections on this machine. @default false */
  readonly ownServer?: boolean;
  /** A scenario that is not shipped, so that the stream of a server that runs it can be regenerated. @default none */
  readonly scenario?: Scenario;
  /** Sent with every connection and request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** The `auth` payload of each connection. @default none */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly plan: Plan;
  /**
   * Whether the plan's REST requests and messages are sent: always, never, or only to a server that has
   * `/api/simulation`. Thresholds of the plan on what is not sent are left out. @default "always"
   */
  readonly rest?: "always" | "never" | "known-server";
  /** @default the plan's */
  readonly clients?: number;
  /** Stretches the plan's stages to this length in all, the first ramp apart. @default the plan's */
  readonly durationMs?: number;
  /** @default the plan's */
  readonly warmupMs?: number;
  /** How long to wait for a server that is starting, milliseconds. @default 0 */
  readonly waitMs?: number;
  /**
   * Whether the thin subscribers offer permessage-deflate to a server whose stream is known: compressed messages are
   * inflated once for all that receive the same. @default "on"
   */
  readonly compression?: "on" | "off";
  /** Milliseconds after which a subscriber that has no session is refused. @default 20_000 */
  readonly sessionTimeoutMs?: number;
  /**
   * Generator processes, no more than subscribers; 0 generates in this process. @default one for each 250 subscribers,
   * at most all processors of the machine or container but one
   */
  readonly workers?: number;
  /** @default this host holds the subscribers */
  readonly agents?: AgentsOptions;
  /**
   * Processes of the server on this machine (Linux): what they cost is read from /proc. Without them it is read from
   * `/metrics` where there is a token. @default none
   */
  readonly serverPids?: readonly number[];
  /**
   * Restarts the server, for the plan's stages `restart`: begins with its end, and resolves when it may be up again.
   * Rejects where that failed. @default none
   */
  readonly restart?: () => Promise<void>;
  /** Conditions beside the plan's, such as `latencyMs.p99<50`. @default none */
  readonly thresholds?: readonly string[];
  /**
   * Folder with the reports of an earlier run, or a folder of such folders: this run is compared with them, and
   * thresholds may have them as their limit (`latencyMs.p99<=baseline*1.1`). @default none
   */
  readonly baseline?: string;
  /** Folder for the reports, made if it is not there. @default none are written */
  readonly outDir?: string;
  /** Writes into a folder that was not there, with -2, -3 and so on behind its name if need be. @default false */
  readonly isOutDirNew?: boolean;
  /** @default nothing is shown */
  readonly progress?: ProgressDisplay;
  /** @default nobody looks on */
  readonly observer?: RunObserver;
  /** Ends the run early; what there is by then is reported. */
  readonly signal?: AbortSignal;
  /** The command that repeats this run, for the report. */
  readonly commandLine: string;
  /** Of max-harness, for the report. */
  readonly version: string;
}

export interface LoadtestResult {
  readonly summary: Summary;
  /** Writes the reports, where there is a folder for them. Resolves with their paths, the page first. */
  writeReports(): Promise<readonly string[]>;
}
