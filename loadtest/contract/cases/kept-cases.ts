/** Failing cases, one file each in a folder of their server, until they are looked for and no longer found. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashSubject, parseCaseId } from "../core/case-id.js";
import type { Finding, Findings } from "../core/findings.js";

/** A finding with what is needed to repeat it. */
export interface KeptCase {
  readonly id: string;
  /** The seed that found it. */
  readonly seed: string;
  /** For people who look into the folder. */
  readonly subject: string;
  readonly detail: string;
}

/** More are not kept: who has so many starts with the first. */
const casesMax = 200;

/** The folder of one server's cases: servers differ in what they fail. */
export function folderOf(cases: string, base: string): string {
  return join(cases, base.replace(/^https?:\/\//, "").replaceAll(/[^\w.-]+/g, "_"));
}

/** Cases in the order of their ids; a file that is none is left out. */
export async function readCases(folder: string): Promise<readonly KeptCase[]> {
  const names = await readdir(folder).catch(() => []);
  const cases: KeptCase[] = [];
  for (const name of names
    .filter((one) => one.endsWith(".json"))
    .toSorted()
    .slice(0, casesMax)) {
    try {
      const { id, seed, subject, detail } = JSON.parse(await readFile(join(folder, name), "utf8")) as KeptCase;
      if (parseCaseId(id) !== undefined && typeof seed === "string") cases.push({ id, seed, subject, detail });
    } catch {
      // Somebody else's file, or one that was cut short: the next whole run writes it anew.
    }
  }
  return cases;
}

/** Whether a kept case was looked for in a run. */
export function wasLookedFor({ id }: KeptCase, findings: Findings): boolean {
  const parsed = parseCaseId(id);
  return (
    parsed !== undefined && findings.isExercised(parsed.rule, (subject) => hashSubject(subject) === parsed.subjectHash)
  );
}

/**
 * Keeps what failed, and removes what was looked for and not found. Rejects where the folder cannot be written.
 *
 * @param failing findings of a run with this seed, other than those of kept cases
 */
export async function updateCases(
  folder: string,
  {
    seed,
    failing,
    mended,
  }: { readonly seed: string; readonly failing: readonly Finding[]; readonly mended: readonly string[] },
): Promise<void> {
  for (const id of mended) await rm(join(folder, `${id}.json`), { force: true });
  if (failing.length === 0) return;
  await mkdir(folder, { recursive: true });
  for (const { id, subject, detail } of failing.slice(0, casesMax)) {
    const kept: KeptCase = { id, seed, subject, detail };
    await writeFile(join(folder, `${id}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  }
}
