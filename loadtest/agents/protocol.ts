/**
 * What a controller and an agent say to each other. Every instant in an order or a report is on the controller's clock:
 * the agent converts it, at its border.
 *
 * Why not on the server's, which each agent could read itself: the server answers late when it has much to send, just
 * then when it matters, and a server that is not ours has no clock to read. The link carries little, so that its round
 * trips take a tenth of a millisecond under any load, and one way to bound a clock does for all runs. The price is that
 * the controller's own uncertainty adds, which is 0 where it shares a host with the server.
 */
import type { Summary } from "../../schemas/index.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "../generator/protocol.js";

/** What an agent tells of itself, first of all. */
export interface AgentHello {
  readonly version: string;
  readonly simulatorVersion: string;
  readonly host: string;
  /** Generators that it was told to run; null: as many as the run needs, up to `workersMax`. */
  readonly workers: number | null;
  readonly workersMax: number;
  readonly environment: Summary["environment"];
}

export type FromAgent =
  | ({ readonly type: "hello" } & AgentHello)
  /** Asks for the controller's clock; also the sign of life. */
  | { readonly type: "clock"; readonly sentMs: number }
  /** Its clock is bounded, and all of its generators run. */
  | { readonly type: "ready" }
  | { readonly type: "report"; readonly generator: number; readonly message: FromGenerator }
  /** How far its instants may be off, and what speaks against its host in the measured time so far. */
  | { readonly type: "host"; readonly uncertaintyMs: number; readonly evidence: readonly string[] };

export type ToAgent =
  | { readonly type: "refused"; readonly reason: string }
  /** One of `workers` generators of this agent, which hold `clients` subscribers together. */
  | { readonly type: "start"; readonly config: GeneratorConfig; readonly workers: number; readonly clients: number }
  | { readonly type: "order"; readonly generator: number; readonly message: ToGenerator }
  | { readonly type: "clock"; readonly sentMs: number; readonly atMs: number }
  | { readonly type: "kill"; readonly generator: number }
  /** The run is over. */
  | { readonly type: "over" };
