/** What the processes of the REST benchmark say to each other. */
import type { PaceOptions, Paced } from "./rest-pace.js";

/** Ours, and Koa with @koa/router alone. */
export type RestServerKind = "ours" | "bare";

/** To a bare server: what to answer at a path. Ours starts by itself. */
export interface BareAnswer {
  readonly path: string;
  readonly body: string;
  /** Beside those that Koa sets by itself. */
  readonly headers: Readonly<Record<string, string>>;
}

export type RestServerCommand =
  | { readonly answer: BareAnswer }
  | { readonly askCpu: true }
  /** To ours, whose world rests until then. */
  | { readonly play: true };
export type RestServerReport =
  | { readonly ready: { readonly url: string } }
  | { readonly playing: true }
  /** Processor time of the server's process so far. */
  | { readonly cpu: { readonly us: number } };

/** To the load: that many connections, as fast as they go or at a steady rate. */
export type LoadCommand =
  | { readonly load: { readonly url: string; readonly connections: number; readonly durationMs: number } }
  | { readonly pace: PaceOptions };

export type LoadReport =
  | {
      readonly loaded: {
        readonly requests: number;
        readonly requestsPerSecond: number;
        readonly p50Ms: number;
        readonly p99Ms: number;
        /** Answers that were not 2xx, and requests that got none. */
        readonly failures: number;
      };
    }
  | { readonly paced: Paced };

export type ListenerCommand =
  | { readonly open: { readonly url: string; readonly subscribers: number } }
  | { readonly listen: { readonly durationMs: number } };

export type ListenerReport =
  | { readonly opened: true }
  /** Latency from a tick's intended instant to the arrival at each subscriber. */
  | { readonly heard: { readonly p50Ms: number; readonly p99Ms: number; readonly samples: number } };
