/**
 * A market in the page's address: seed, scenario, start, time and speed, beside what is looked at.
 *
 * Opening such an address changes no server. Where the market here differs is shown; making it the same is a
 * button, and starting it elsewhere a command. What people changed (posted messages, created sectors) is no part
 * of a link.
 */
import type { Simulation } from "../../../schemas/generated/types.js";
import type { Changes } from "./address.js";

/** What an address says about the market; a part that it leaves out is undefined. */
export interface LinkedMarket {
  readonly seed: string | undefined;
  readonly scenario: string | undefined;
  /** Simulated instant of tick 0, ISO. */
  readonly start: string | undefined;
  /** Simulated instant, ISO. */
  readonly time: string | undefined;
  /** Simulated milliseconds a tick. */
  readonly tickMs: number | undefined;
  readonly speed: number | undefined;
}

/** Takes the market out of an address. */
export const withoutMarket: Changes = {
  seed: undefined,
  scenario: undefined,
  start: undefined,
  time: undefined,
  tick: undefined,
  speed: undefined,
};

function instantIn(text: string | null): string | undefined {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function numberIn(text: string | null): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** What the address asks for; undefined where it names no market. What cannot be read counts as left out. */
export function readMarket(parameters: URLSearchParams): LinkedMarket | undefined {
  const market = {
    seed: parameters.get("seed") ?? undefined,
    scenario: parameters.get("scenario") ?? undefined,
    start: instantIn(parameters.get("start")),
    time: instantIn(parameters.get("time")),
    tickMs: numberIn(parameters.get("tick")),
    speed: numberIn(parameters.get("speed")),
  };
  return Object.values(market).some((part) => part !== undefined) ? market : undefined;
}

/** The market as it is here, `nowMs` in simulated time. */
export function marketOf({ seed, scenario, start, tickMs, speed }: Simulation, nowMs: number): LinkedMarket {
  return { seed, scenario, start, time: new Date(nowMs).toISOString(), tickMs, speed };
}

export function toChanges({ tickMs, speed, ...rest }: LinkedMarket): Changes {
  return { ...rest, tick: tickMs?.toString(), speed: speed?.toString() };
}

/** Simulated milliseconds since the start: prices depend on it, and not on the start's date. */
export function elapsedMs({ start, time }: LinkedMarket): number | undefined {
  return start === undefined || time === undefined ? undefined : Date.parse(time) - Date.parse(start);
}

export type Part = keyof LinkedMarket;

/** The parts in which the market here is not what the link says. */
export function differences(linked: LinkedMarket, here: LinkedMarket): Part[] {
  const parts: Part[] = (["seed", "scenario", "tickMs", "start", "speed"] as const).filter(
    (part) => linked[part] !== undefined && linked[part] !== here[part],
  );
  return seekTo(linked, here) === undefined ? parts : [...parts, "time"];
}

/** Body of the reset that makes seed and scenario those of the link; undefined where they are. */
export function resetTo(
  { seed, scenario }: LinkedMarket,
  here: LinkedMarket,
): { readonly seed?: string; readonly scenario?: string } | undefined {
  const isSame = (seed ?? here.seed) === here.seed && (scenario ?? here.scenario) === here.scenario;
  return isSame ? undefined : { ...(seed !== undefined && { seed }), ...(scenario !== undefined && { scenario }) };
}

/** Body of the seek that goes as far from the start as the link is; undefined where it is there. */
export function seekTo(linked: LinkedMarket, here: LinkedMarket): { readonly to: number | string } | undefined {
  const { time } = linked;
  const elapsed = elapsedMs(linked);
  if (time === undefined) return undefined;
  if (elapsed === undefined) return time === here.time ? undefined : { to: time };
  return elapsed === elapsedMs(here) ? undefined : { to: Math.max(0, Math.floor(elapsed / (here.tickMs ?? 1))) };
}

/** As a POSIX shell reads it back. */
function quote(text: string): string {
  return /^[\w.,:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Starts the same market, at its start, in a store of its own. */
export function startCommand({ seed, scenario, start, tickMs, speed }: LinkedMarket): string {
  const flags: [string, string | undefined][] = [
    ["seed", seed],
    ["scenario", scenario],
    ["start", start],
    ["tick-ms", tickMs?.toString()],
    ["speed", speed?.toString()],
    ["store", ":memory:"],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : `--${flag}=${quote(value)}`));
  return ["npx max demo", ...given].join(" ");
}
