/** What makes a discussion talk. */

/** Something that makes a room talk, beside its habit and its own messages. */
export interface Trigger {
  /** What a message's cause is called in the side record. */
  readonly kind: string;
  readonly sectorId?: string;
  /** Size of a move. */
  readonly percent?: number;
  readonly sigma?: number;
  /** Of a rumour or another scenario event: what is said. */
  readonly text?: string;
  /** Who: a visitor's name, or the agents that are missing. */
  readonly who?: string;
  readonly regime?: string;
}

/** Why a message is due. */
export type Occasion =
  | { readonly kind: "routine" | "reply" }
  /** `said` counts the messages that the trigger has caused before. */
  | { readonly kind: "trigger"; readonly trigger: Trigger; readonly said: number };
