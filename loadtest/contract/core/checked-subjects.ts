/** What each rule was held against: a case has passed, and an accepted finding is gone, only where somebody looked. */
import { type RuleName, silentRules } from "./rules.js";

/** Distinct subjects that are remembered; a server chooses some of their names. */
const subjectsMax = 20_000;

export class CheckedSubjects {
  readonly #subjects = new Map<RuleName, Set<string>>();
  #count = 0;

  note(rule: RuleName, subject: string): void {
    let known = this.#subjects.get(rule);
    if (known === undefined) this.#subjects.set(rule, (known = new Set()));
    if (known.has(subject) || this.#count === subjectsMax) return;
    this.#count += 1;
    known.add(subject);
  }

  /** True where the rule was held against such a subject. What must not come at all is looked for wherever anything is. */
  has(rule: RuleName, isSubject: (subject: string) => boolean): boolean {
    if (silentRules.has(rule)) return this.#count > 0;
    return [...(this.#subjects.get(rule) ?? [])].some(isSubject);
  }
}
