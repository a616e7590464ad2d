/** What a benchmark is: a tiny size that runs in `npm test` so that it cannot rot, and a full one for figures. */

export interface BenchResult {
  readonly name: string;
  /** Figures for people, ratios against a peer of the same run. */
  readonly lines: readonly string[];
  /** Of what was computed, so that a faster but wrong run shows. */
  readonly hash: string;
}

export interface BenchModule {
  run(size: "tiny" | "full"): Promise<BenchResult>;
}
