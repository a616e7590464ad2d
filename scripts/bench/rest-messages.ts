/** What the processes of the REST benchmark say to each other. */

/** Ours with its world at rest, ours with its world running, and Koa with @koa/router alone. */
export type RestServerKind = "frozen" | "live" | "bare";

/** To a bare server: what to answer at a path. The others start by themselves. */
export interface BareAnswer {
  readonly path: string;
  readonly body: string;
}

export type RestServerCommand = { readonly answer: BareAnswer } | { readonly askCpu: true };
export type RestServerReport =
  | { readonly ready: { readonly url: string } }
  /** Processor time of the server's process so far. */
  | { readonly cpu: { readonly us: number } };

/** To the load: that many connections, as fast as they go or at a rate. */
export interface LoadCommand {
  readonly load: {
    readonly url: string;
    readonly connections: number;
    readonly durationMs: number;
    /** Requests a second over all connections. Zero means as fast as they go. */
    readonly rate: number;
  };
}

export interface LoadReport {
  readonly loaded: {
    readonly requests: number;
    readonly requestsPerSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    /** Answers that were not 2xx, and requests that got none. */
    readonly failures: number;
  };
}

export type ListenerCommand =
  | { readonly open: { readonly url: string; readonly subscribers: number } }
  | { readonly listen: { readonly durationMs: number } };

export type ListenerReport =
  | { readonly opened: true }
  /** Latency from a tick's intended instant to the arrival at each subscriber. */
  | { readonly heard: { readonly p50Ms: number; readonly p99Ms: number; readonly samples: number } };
