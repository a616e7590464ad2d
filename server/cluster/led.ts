/** The server of a member, as its membership directs it. */
export interface Led {
  /**
   * @param tick the last one that is proposed
   * @param isFirst whether nobody has led since this member joined: all of the cluster has started, anew or again
   */
  lead(tick: number, isFirst: boolean): void;
  follow(): void;
  /** Nothing is heard of the log, or the world is another one: subscribers are better served by another member. */
  cutOff(): void;
  /** They can be served again. */
  rejoin(): void;
  /** Loads the world anew from the store. */
  reload(): Promise<void>;
  /** How many it has. */
  subscribers(): number;
}
