/** What a run of the checker takes, and the limits that it works within. */
import type { EventName } from "../../../schemas/index.js";
import type { Part, Profile } from "./rules.js";

export interface ContractOptions {
  /** The server's base address, such as `http://localhost:8000`. */
  readonly url: string;
  /** How long to listen for events, milliseconds. @default 20_000, for a `case` 5000 */
  readonly forMs?: number;
  /** What the server claims to be. Without it: judged on `realtime`, and what keeps it from `documented` and `core` is reported. */
  readonly profile?: Profile;
  /**
   * Only these parts, to repeat what failed; a pass then says nothing about the others. Each must be within the
   * profile that is claimed, and `control` needs the token. @default all
   */
  readonly only?: readonly Part[];
  /**
   * The id of a finding, to repeat it alone: it fails while the finding is there, passes once it was looked for and is
   * not, and is invalid where it could not be looked for. Its part sets `profile` and `only`. @default a whole run
   */
  readonly case?: string;
  /**
   * A folder that keeps failing cases. A whole run repeats those of REST first, each with the seed that found it.
   * @default none are kept
   */
  readonly cases?: string;
  /**
   * A JSON file of findings that are accepted, `{ "accepted": [{ "rule", "place", "reason" }] }`: they do not fail the
   * run. What is accepted and no longer found is reported. @default none
   */
  readonly accept?: string;
  /** Writes that file: what fails is added, what is gone is removed. The run passes then. @default false */
  readonly updateAccepted?: boolean;
  /** How long to wait for the server to answer at all, milliseconds. @default 0 */
  readonly waitMs?: number;
  /** Events that must be seen. @default all four */
  readonly expect?: readonly EventName[];
  /** Sends nothing that could change the server. @default false */
  readonly readOnly?: boolean;
  /** Warnings fail too. @default false */
  readonly strict?: boolean;
  /** The same seed generates the same requests. @default "42" */
  readonly seed?: string;
  /**
   * The control token. With it the simulation is moved about, too: paused, stepped, sought and in the end
   * reset, so that its history is lost. Only with the `management` profile. @default left alone
   */
  readonly token?: string;
  /** Sent with every request and connection. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Interrupts the run; what was found so far is still the result. @default never */
  readonly signal?: AbortSignal;
  /** Told in a sentence what is being done. @default nobody */
  readonly progress?: (line: string) => void;
  readonly limits?: Partial<ContractLimits>;
}

export interface ContractLimits {
  /** From sending a request to the last byte of its answer. @default 5000 */
  readonly answerMsMax: number;
  /** From connecting to the Socket.IO session. @default 5000 */
  readonly connectMsMax: number;
  /** From the answer to a change until its event has arrived. @default 2000 */
  readonly eventMsMax: number;
  /** Everything else beside the listening, once it is over. @default 30_000 */
  readonly overtimeMsMax: number;
  /** After that, or an interruption: for writes under way, and to take away what was made. @default 5000 */
  readonly graceMsMax: number;
  /** Packets to one of the subscribers; a server that sends more ends the run. @default 200_000 */
  readonly packetsMax: number;
  /** Characters in them. @default 33_554_432 */
  readonly packetCharactersMax: number;
}

export const contractLimits: ContractLimits = {
  answerMsMax: 5000,
  connectMsMax: 5000,
  eventMsMax: 2000,
  overtimeMsMax: 30_000,
  graceMsMax: 5000,
  packetsMax: 200_000,
  packetCharactersMax: 32 * 1024 * 1024,
};

export const contractDefaults = { forMs: 20_000, caseForMs: 5000, readOnly: false, strict: false, seed: "42" } as const;
