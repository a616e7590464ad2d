/** What the processes of the subscribers benchmark say to each other, and the stream that both ends make for themselves. */
import { textsOf } from "../../loadtest/oracle/regenerator.js";
import { createWorld, shippedScenarios } from "../../simulator/index.js";

/** The receivers compared. */
export const receiverKinds = ["thin", "ws", "socket.io-client"] as const;
export type ReceiverKind = (typeof receiverKinds)[number];

/** To the sender: send ticks until both minima are reached. */
export interface RunCommand {
  readonly durationMsMin: number;
  readonly ticksMin: number;
}

export type SenderCommand = { readonly run: RunCommand };
export type SenderReport =
  | { readonly port: { readonly server: number; readonly control: number } }
  | { readonly ran: { readonly ticks: number; readonly wallMs: number } };

/** To a receiver. */
export type ReceiverCommand =
  | { readonly open: { readonly server: number; readonly control: number; readonly subscribers: number } }
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
export function* streamOfTicks(): Generator<readonly string[], never> {
  const scenario = shippedScenarios.get("trading-day");
  if (scenario === undefined) throw new Error("the scenario trading-day is not shipped");
  const world = createWorld({ seed: "42", scenario });
  for (;;) {
    const texts = textsOf(world.step());
    if (texts.length > 0) yield texts;
  }
}
