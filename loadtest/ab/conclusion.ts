/** What all rounds come to: the verdict, and what people are told of it. */
import type { AbFigure, AbRound, AbTest } from "../../schemas/index.js";
import { describeChange } from "../comparison/conclusion.js";
import { confidence } from "../comparison/student.js";
import { blocksMin, describeConfidence, figuresOf, halfWidth, isPrecise, untrustworthy } from "./figures.js";
import { blocksOf, nameOf } from "./rounds.js";

/** What is known besides the rounds. */
export type AbFacts = Pick<
  AbTest,
  | "interrupted"
  | "differences"
  | "a"
  | "b"
  | "control"
  | "precision"
  | "roundsMax"
  | "roundMs"
  | "plan"
  | "clients"
  | "startedAt"
  | "durationMs"
  | "command"
  | "version"
>;

interface Ended {
  readonly rounds: readonly AbRound[];
  readonly facts: AbFacts;
  /** Why there were no more rounds, where neither their number nor the precision ended them. */
  readonly problem: string | null;
  /** Why the figures of A and B mean different things, and which of them. */
  readonly notes: readonly string[];
}

function signed(ratio: number): string {
  const percent = ((ratio - 1) * 100).toFixed(1);
  return `${percent.startsWith("-") ? "" : "+"}${percent}`;
}

/** @example "server CPU per delivery -1.2 to +2.3 %" */
export function describeInterval({ name, ratioMin, ratioMax }: AbFigure): string {
  return ratioMin === null || ratioMax === null ? name : `${name} ${signed(ratioMin)} to ${signed(ratioMax)} %`;
}

function describeChanged(figures: readonly AbFigure[], change: "worse" | "better"): string {
  const words = figures.map((one) => `${one.name}${describeChange(one).slice(change.length)}`);
  return `${change}: ${words.join(", ")}`;
}

/** The rule by which the figures were judged. */
function describeRule({ length }: readonly AbFigure[], blocks: number): string {
  return [
    "B differs in a figure where the interval of B/A leaves out 1 and B/A lies outside the interval of A'/A.",
    "Where an interval of A'/A leaves out 1, equal servers could not be told from different ones, and all of it is INVALID.",
    `All intervals of B/A together hold with ${confidence * 100} %, and so do those of A'/A: Student's t over the log ratios of ${blocks} blocks, at ${describeConfidence(length)}.`,
  ].join(" ");
}

/** Failures of deliveries and answers: of B they are its own, of A nothing can be compared with. */
function describeFailures(rounds: readonly AbRound[], isOfB: boolean): string[] {
  return rounds
    .filter(({ verdict, server }) => verdict === "FAIL" && (server === "b") === isOfB)
    .map(({ block, server, reasons }) => `${nameOf(server)} failed in block ${block}: ${reasons.join("; ")}`);
}

/** Why nothing can be concluded from the figures; empty where something can. */
function findObstacles({ rounds, problem }: Ended, figures: readonly AbFigure[], blocks: number): string[] {
  const beyond = untrustworthy(figures).map(
    ({ name, controlMin, controlMax }) =>
      `the machine cannot tell equal servers apart: ${name} of A'/A is ${signed(controlMin!)} to ${signed(controlMax!)} %`,
  );
  return [
    ...describeFailures(rounds, false),
    ...(problem === null ? [] : [problem]),
    ...(blocks < blocksMin ? [`${blocks} blocks are complete; ${blocksMin} are needed`] : []),
    ...beyond,
    ...(blocks >= blocksMin && figures.every(({ change }) => change === "unknown") ? ["nothing was measured"] : []),
  ];
}

type Concluded = Pick<AbTest, "verdict" | "conclusion" | "reasons">;

/** So many times as wide as what was asked for, an interval tells nothing. */
const widestShare = 3;

/** A difference that is smaller than the interval goes unnoticed: how large that may be is told. */
function concludeSame(figures: readonly AbFigure[], precision: number): Concluded {
  const [main] = figures;
  const asked = `± ${(precision * 100).toFixed(1).replace(/\.0$/, "")} %`;
  const found = describeInterval(main!);
  if ((halfWidth(main!) ?? 0) > precision * widestShare) {
    const reason = `more than ${widestShare} times as wide as the ${asked} asked for: ${found}; more or longer rounds, or a quieter machine, tell more`;
    return { verdict: "invalid", conclusion: `INVALID: ${reason}.`, reasons: [reason] };
  }
  const wide = isPrecise(figures, precision) ? "" : `, wider than the ${asked} asked for: more rounds tell more`;
  return { verdict: "same", conclusion: `No difference: ${found}${wide}.`, reasons: [] };
}

function conclude(ended: Ended, figures: readonly AbFigure[], blocks: number): Concluded {
  const failures = describeFailures(ended.rounds, true);
  if (failures.length > 0)
    return { verdict: "worse", conclusion: `B is worse: ${failures.join(". ")}.`, reasons: failures };
  const obstacles = findObstacles(ended, figures, blocks);
  if (obstacles.length > 0) {
    const why = ended.facts.interrupted ? "Interrupted" : "INVALID";
    return { verdict: "invalid", conclusion: `${why}: ${obstacles.join("; ")}.`, reasons: obstacles };
  }
  const changes = (["worse", "better"] as const).filter((change) => figures.some((one) => one.change === change));
  if (changes.length === 0) return concludeSame(figures, ended.facts.precision);
  const words = changes.map((change) =>
    describeChanged(
      figures.filter((one) => one.change === change),
      change,
    ),
  );
  const verdict = changes.length === 2 ? "mixed" : changes[0]!;
  return { verdict, conclusion: `B is ${words.join("; ")}.`, reasons: [] };
}

function describeControl({ control }: AbFacts): string[] {
  if (control.isProcess) return [];
  return ["A' is A's own address again: it shows what drifts, and not how two processes of one build differ."];
}

/** Puts rounds and verdict together into what the reports are made of. */
export function describeAb(ended: Ended): AbTest {
  const { rounds, facts, notes } = ended;
  const figures = figuresOf(rounds);
  const blocks = blocksOf(rounds).length;
  return {
    ...facts,
    ...conclude(ended, figures, blocks),
    notes: [...describeControl(facts), ...notes],
    rule: describeRule(figures, blocks),
    figures,
    rounds: [...rounds],
    blocks,
    confidence,
    reached: figures[0] === undefined ? null : halfWidth(figures[0]),
  };
}
