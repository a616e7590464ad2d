/** What the processes of the subscribers benchmark say to each other, and the stream that both ends make for themselves. */
import { textsOf } from "../../loadtest/oracle/regenerator.js";
import { createWorld, shippedScenarios } from "../../simulator/index.js";

/** The receivers compared. */
export const receiverKinds = ["thin", "ws", "socket.io-client"] as const;
export type ReceiverKind = (typeof receiverKinds)[number];

/** Whose ticks are sent: a dozen events each, or the many that load tests are run with. */
export type BenchScenario = "trading-day" | "stress";

/** To the sender: send ticks until both minima are reached. */
export interface RunCommand {
  readonly scenario: BenchScenario;
  readonly durationMsMin: number;
  readonly ticksMin: number;
}

export type SenderCommand = { readonly run: RunCommand };
export type SenderReport =
  | { readonly port: { readonly server: number; readonly control: number } }
  | { readonly ran: { readonly ticks: number; readonly wallMs: number } };

export interface OpenCommand {
  /** Ports of the sender. */
  readonly server: number;
  readonly control: number;
  readonly subscribers: number;
  readonly scenario: BenchScenario;
}

/** To a receiver. */
export type ReceiverCommand =
  | { readonly open: OpenCommand }
  /** CPU time counts from here. */
  | { readonly expect: true }
  | { readonly finish: { readonly ticks: number; readonly hashedTicks: number } };

export interface Opened {
  /** Resident memory that a subscriber more takes, bytes. */
  readonly bytesPerSubscriber: number;
}

export interface Finished {
  readonly deliveries: number;
  readonly cpuUs: number;
  /** Of what the first ticks brought. */
  readonly hash: string;
}

export type ReceiverReport =
  | { readonly opened: Opened }
  | { readonly expecting: true }
  | { readonly finished: Finished };

/** The ticks of one world, as the event arrays that go over the wire; ticks without events are left out. */
export function* streamOfTicks(name: BenchScenario): Generator<readonly string[], never> {
  const scenario = shippedScenarios.get(name);
  if (scenario === undefined) throw new Error(`the scenario ${name} is not shipped`);
  const world = createWorld({ seed: "42", scenario });
  for (;;) {
    const texts = textsOf(world.step());
    if (texts.length > 0) yield texts;
  }
}
