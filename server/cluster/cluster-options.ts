/** How a server joins a cluster. */
export interface ClusterOptions {
  /** Where the log is, such as `redis://localhost:6379`. */
  readonly redis: string;
  /** Where the other members reach this one. @default the address that it listens on */
  readonly advertise?: string;
}
