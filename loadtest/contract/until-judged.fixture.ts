/** Repeats a run that says nothing, because the machine left its process standing. */
import type { ContractResult } from "./core/result.js";

const runsMax = 3;
/** Stalls that a machine with time for its processes does not show. */
const disturbedMs = 500;

/** True when nothing can be said, or what is said may be due to stalls. */
function isDisturbed({ verdict, stalls }: Pick<ContractResult, "verdict" | "stalls">): boolean {
  return verdict === "INVALID" || stalls.totalMs > disturbedMs;
}

/** The first run that tells what was asked for, or one that was not disturbed, or the last of a few. */
export async function untilJudged<Run>(
  run: () => Promise<Run>,
  tells: (run: Run) => boolean,
  resultOf: (run: Run) => Pick<ContractResult, "verdict" | "stalls">,
): Promise<Run> {
  let last = await run();
  for (let runs = 1; runs < runsMax && !tells(last) && isDisturbed(resultOf(last)); runs += 1) last = await run();
  return last;
}
