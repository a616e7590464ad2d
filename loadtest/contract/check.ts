/**
 * The checker as a function: waits for the server, repeats what failed last time, judges, and keeps what failed.
 *
 * One run by itself is in `run.ts`; this is what goes around it.
 */
import { waitForServers } from "../core/wait-for-server.js";
import { readAccepted, writeAccepted } from "./accepted/accepted-findings.js";
import { type KeptCase, folderOf, readCases, updateCases, wasLookedFor } from "./cases/kept-cases.js";
import { isBroken, isCase } from "./conclusion.js";
import { type CaseId, parseCaseId } from "./core/case-id.js";
import type { Finding } from "./core/findings.js";
import { type ContractOptions, contractDefaults } from "./core/options.js";
import type { ContractResult, KeptOutcome } from "./core/result.js";
import { type Part, includesLevel, partLevels } from "./core/rules.js";
import { requireOptions } from "./core/run-context.js";
import { runOnce } from "./run.js";

/** A part that this run would ask for, and that shows what it found within seconds. */
function isRepeatable({ profile = "core", readOnly, token }: ContractOptions, part: Part): boolean {
  const level = partLevels[part];
  // Events do not depend on the seed, and the whole run listens anyway.
  if (part === "events" || part === "following" || !includesLevel(profile, level)) return false;
  return !(level === "management" && readOnly === true) && !(part === "control" && token === undefined);
}

interface Repeated {
  readonly outcomes: readonly KeptOutcome[];
  /** What is still there. */
  readonly findings: readonly Finding[];
}

/** Repeats kept cases, those of one part and seed together. */
async function repeatKept(options: ContractOptions, kept: readonly KeptCase[]): Promise<Repeated> {
  const groups = new Map<string, { part: Part; seed: string; cases: (KeptCase & { parsed: CaseId })[] }>();
  for (const one of kept) {
    const parsed = parseCaseId(one.id);
    if (parsed === undefined || !isRepeatable(options, parsed.part)) continue;
    const key = `${parsed.part} ${one.seed}`;
    const group = groups.get(key) ?? { part: parsed.part, seed: one.seed, cases: [] };
    groups.set(key, group);
    group.cases.push({ ...one, parsed });
  }
  const outcomes: KeptOutcome[] = [];
  const found: Finding[] = [];
  for (const { part, seed, cases } of groups.values()) {
    if (options.signal?.aborted === true) break;
    // What is accepted, and what becomes so, is the whole run's.
    const { token, accept: _accept, updateAccepted: _updateAccepted, ...others } = options;
    const more = part === "control" && token !== undefined ? { token } : {};
    const one = await runOnce({ ...others, ...more, profile: partLevels[part], only: [part], seed });
    if (one.result.verdict === "UNREACHABLE") break;
    for (const { id, parsed, subject, ...rest } of cases) {
      const again = one.result.findings.find((finding) => isCase(finding, parsed));
      if (again !== undefined) found.push(again);
      const isLookedFor = wasLookedFor({ id, subject, ...rest }, one.findings);
      const outcome = again !== undefined ? "still there" : isLookedFor ? "mended" : "not reached";
      outcomes.push({ id, outcome });
      options.progress?.(`kept case ${id}: ${outcome}`);
    }
  }
  return { outcomes, findings: found };
}

/** Keeps what failed in a whole run, and lets go of what was mended. */
async function keepCases(
  options: ContractOptions,
  folder: string,
  kept: readonly KeptCase[],
  { result, findings, outcomes }: Awaited<ReturnType<typeof runOnce>> & { readonly outcomes: readonly KeptOutcome[] },
): Promise<void> {
  if (result.verdict === "UNREACHABLE" || result.verdict === "INTERRUPTED") return;
  const failing = result.findings.filter(
    (finding) =>
      finding.accepted === undefined &&
      includesLevel(result.profile, finding.level) &&
      isBroken(finding, result.strict) &&
      !kept.some(({ id }) => id === finding.id),
  );
  const isThere = new Set(result.findings.map(({ id }) => id));
  const mended = kept
    .filter((one) => !isThere.has(one.id))
    .filter((one) => outcomes.find(({ id }) => id === one.id)?.outcome === "mended" || wasLookedFor(one, findings))
    .map(({ id }) => id);
  try {
    await updateCases(folder, { seed: result.seed, failing, mended });
  } catch (error) {
    options.progress?.(`failing cases are not kept: ${(error as Error).message}`);
  }
}

/**
 * Judges a running server by its address. Resolves whatever the server does.
 *
 * @throws {OptionError} when the options contradict each other, the address is none, or a file cannot be used
 * @example
 * const result = await runContract({ url: "http://localhost:8000", profile: "core" });
 * process.exitCode = result.verdict === "PASS" ? 0 : 1;
 */
export async function runContract(given: ContractOptions): Promise<ContractResult> {
  const required = requireOptions(given);
  const { options, target, repeated } = required;
  const isUpdated = options.updateAccepted === true;
  const accepted = options.accept === undefined ? [] : await readAccepted(options.accept, isUpdated);
  await waitForServers([required.target], options.waitMs ?? 0, options.signal);
  const folder = options.cases === undefined ? undefined : folderOf(options.cases, target.base);
  const kept = folder === undefined ? [] : await readCases(folder);
  if (repeated !== undefined) {
    const seed = given.seed ?? kept.find(({ id }) => id === given.case)?.seed ?? contractDefaults.seed;
    const { result } = await runOnce({ ...given, seed });
    if (folder !== undefined && result.verdict === "PASS" && given.case !== undefined)
      await updateCases(folder, { seed, failing: [], mended: [given.case] }).catch(() => {});
    return result;
  }
  if (options.only !== undefined) return (await runOnce(options, { accepted })).result;
  const { outcomes, findings } = await repeatKept(options, kept);
  const one = await runOnce(options, { accepted, kept: findings });
  const result = { ...one.result, ...(outcomes.length === 0 ? {} : { kept: outcomes }) };
  if (result.accepted !== undefined && isUpdated) await writeAccepted(result.accepted.file, result.accepted.entries);
  if (folder !== undefined) await keepCases(options, folder, kept, { ...one, result, outcomes });
  return result;
}
