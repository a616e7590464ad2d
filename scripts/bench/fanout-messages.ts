/** What the processes of the fan-out benchmark say to each other. */

/** The servers compared. */
export const serverKinds = ["max", "stock", "ws"] as const;
export type ServerKind = (typeof serverKinds)[number];

/** To a server: broadcast ticks until both minima are reached. */
export interface RunCommand {
  readonly subscribers: number;
  readonly eventsPerTick: number;
  readonly durationMsMin: number;
  readonly ticksMin: number;
}

export type ServerCommand = { readonly run: RunCommand } | { readonly memory: true };

export interface RunReport {
  readonly ticks: number;
  readonly wallMs: number;
  readonly cpuUs: number;
}

export interface MemoryReport {
  readonly rssBytes: number;
  /** JavaScript heap and buffers. */
  readonly heapBytes: number;
}

/** Where a server listens: for subscribers, and for the one connection that reports what has arrived. */
export interface ServerPorts {
  readonly server: number;
  readonly control: number;
}

export type ServerReport =
  | { readonly ports: ServerPorts }
  | { readonly ran: RunReport }
  | { readonly memory: MemoryReport };

/** To a receiver. */
export type ReceiverCommand =
  /** Connects so many more subscribers. */
  | { readonly open: ServerPorts & { readonly kind: ServerKind; readonly subscribers: number } }
  /** From now on ticks have this many events; what the first ticks brought is hashed. */
  | { readonly expect: { readonly eventsPerTick: number; readonly hashedTicks: number } }
  | { readonly finish: true };

export type ReceiverReport =
  | { readonly opened: { readonly wallMs: number } }
  | { readonly expecting: true }
  | { readonly finished: { readonly hash: string; readonly frames: number; readonly bytes: number } };
