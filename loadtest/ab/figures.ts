/** The figures in which two servers are compared: of each its values, its ratios by blocks with their intervals, and what they come to. */
import type { AbFigure, AbRound } from "../../schemas/index.js";
import { medianOf } from "../core/median.js";
import { confidence, studentQuantile } from "../comparison/student.js";
import { type AbBlock, type AbSide, blocksOf, sides } from "./rounds.js";

/** With fewer nothing can be concluded. */
export const blocksMin = 4;

/** No figure is known more exactly than so, as a difference of natural logarithms. */
const resolution = 0.005;

type Value = "p50Ms" | "p99Ms" | "completionMs" | "httpP90Ms" | "cpuUsPerDelivery";

/** The first that was measured is the main one: processor time is far steadier than any latency. */
const known: readonly (readonly [value: Value, path: string, name: string])[] = [
  ["cpuUsPerDelivery", "server.cpuUsPerDelivery", "server CPU per delivery"],
  ["p50Ms", "latencyMs.p50", "latency p50"],
  ["p99Ms", "latencyMs.p99", "latency p99"],
  ["completionMs", "completionMs.p50", "completion p50"],
  ["httpP90Ms", "httpMs.p90", "REST p90"],
];

/** What a round has measured of a figure; null where it has not. */
export function valueOf({ path }: Pick<AbFigure, "path">, round: AbRound): number | null {
  const row = known.find(([, one]) => one === path);
  return row === undefined ? null : round[row[0]];
}

/** Of the probability that some interval misses, the part of the main figure; the others share the rest evenly. */
const mainShare = 0.5;

/**
 * The probability that one interval misses on one side.
 *
 * @param count of all figures
 */
function tailOf(isMain: boolean, count: number): number {
  const share = count === 1 ? 1 : isMain ? mainShare : (1 - mainShare) / (count - 1);
  return ((1 - confidence) * share) / 2;
}

/** How sure the intervals of the main figure and of each other one are. */
export function describeConfidence(count: number): string {
  const of = (isMain: boolean) => `${((1 - 2 * tailOf(isMain, count)) * 100).toFixed(1)} %`;
  return count <= 1 ? of(true) : `${of(true)} for the main figure and ${of(false)} for each other one`;
}

/** A ratio and its interval, as natural logarithms. */
interface Estimate {
  readonly centre: number;
  readonly reach: number;
}

/** Of values that are independent of each other, two at least. */
function estimate(values: readonly number[], tail: number): Estimate {
  const count = values.length;
  const centre = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (count - 1);
  const reach = studentQuantile(count - 1, tail) * Math.sqrt(variance / count);
  return { centre, reach: Math.max(reach, resolution) };
}

/** Whether the interval leaves out equality. */
function excludesOne({ centre, reach }: Estimate): boolean {
  return Math.abs(centre) > reach;
}

function changeOf(ratio: Estimate, control: Estimate): AbFigure["change"] {
  const isBeyondControl = Math.abs(ratio.centre - control.centre) > control.reach;
  if (!excludesOne(ratio) || !isBeyondControl) return "same";
  return ratio.centre > 0 ? "worse" : "better";
}

function logRatios(blocks: readonly AbBlock[], side: AbSide, value: Value): number[] {
  return blocks.map((block) => Math.log(block[side][value]! / block.a[value]!));
}

/** Blocks in which all three have it. */
function blocksWith(blocks: readonly AbBlock[], value: Value): AbBlock[] {
  return blocks.filter((block) => Object.values(block).every((round) => (round[value] ?? 0) > 0));
}

function medianOfSide(rounds: readonly AbRound[], side: AbSide, value: Value): number | null {
  const own = rounds.filter(({ isCounted, server }) => isCounted && server === side);
  const values = own.flatMap((round) => ((round[value] ?? 0) > 0 ? round[value]! : []));
  return values.length === 0 ? null : medianOf(values);
}

const noRatios = {
  ratio: null,
  ratioMin: null,
  ratioMax: null,
  controlRatio: null,
  controlMin: null,
  controlMax: null,
  change: "unknown",
} as const;

function ratiosOf(blocks: readonly AbBlock[], value: Value, tail: number) {
  const complete = blocksWith(blocks, value);
  if (complete.length < blocksMin) return noRatios;
  const ratio = estimate(logRatios(complete, "b", value), tail);
  const control = estimate(logRatios(complete, "control", value), tail);
  const ends = ({ centre, reach }: Estimate) => [centre - reach, centre + reach].map(Math.exp) as [number, number];
  const [ratioMin, ratioMax] = ends(ratio);
  const [controlMin, controlMax] = ends(control);
  return {
    ratio: Math.exp(ratio.centre),
    ratioMin,
    ratioMax,
    controlRatio: Math.exp(control.centre),
    controlMin,
    controlMax,
    change: changeOf(ratio, control),
  };
}

/** Those that were measured of all three servers, the main one first. All intervals of a ratio hold together. */
export function figuresOf(rounds: readonly AbRound[]): AbFigure[] {
  const blocks = blocksOf(rounds);
  const measured = known.filter(([value]) => sides.every((side) => medianOfSide(rounds, side, value) !== null));
  return measured.map(([value, path, name], at) => {
    const isMain = at === 0;
    const [a, b, control] = sides.map((side) => medianOfSide(rounds, side, value)) as [number, number, number];
    const ratios = ratiosOf(blocks, value, tailOf(isMain, measured.length));
    return Object.assign({ path, name, isMain, a, b, control }, ratios);
  });
}

/** Half the width of an interval, as a share; null where there is none. */
export function halfWidth({ ratioMin, ratioMax }: Pick<AbFigure, "ratioMin" | "ratioMax">): number | null {
  return ratioMin === null || ratioMax === null ? null : Math.expm1(Math.log(ratioMax / ratioMin) / 2);
}

/** Whether the main figure is known so precisely that no more rounds are needed. */
export function isPrecise([main]: readonly AbFigure[], precision: number): boolean {
  const width = main === undefined ? null : halfWidth(main);
  return width !== null && width < precision;
}

/** The figures in which equal servers could not be told from different ones. */
export function untrustworthy(figures: readonly AbFigure[]): AbFigure[] {
  return figures.filter(({ controlMin, controlMax }) => controlMin !== null && (controlMin > 1 || controlMax! < 1));
}
