/** Reads query parameters: each at most once, each with what it takes said in the problem. Unknown ones are ignored. */
import type { RouterContext } from "@koa/router";
import type { Context } from "koa";
import { parseInstant } from "../../schemas/instant.js";
import type { PageQuery } from "../store/store.js";
import { ProblemError } from "../http/problems.js";

const limitDefault = 50;
const limitMax = 200;

function badParameter(parameter: string, keyword: string, detail: string): ProblemError {
  return new ProblemError("bad-query", `${parameter} ${detail}.`, { errors: [{ parameter, keyword, detail }] });
}

/** What stands in the path for a `:parameter` of the route. */
export function pathParameter(context: Pick<RouterContext, "params">, parameter: string): string {
  return context.params[parameter]!;
}

/** The parameter's one value, or undefined. */
export function readText(context: Context, parameter: string): string | undefined {
  const value = context.query[parameter];
  if (Array.isArray(value)) throw badParameter(parameter, "maxItems", "must be given only once");
  return value;
}

export function readInteger(context: Context, parameter: string, min: number): number | undefined {
  const text = readText(context, parameter);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text)) throw badParameter(parameter, "type", "must be an integer");
  if (value < min) throw badParameter(parameter, "minimum", `must be >= ${min}`);
  return value;
}

export function readChoice<Choice extends string>(
  context: Context,
  parameter: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  const text = readText(context, parameter);
  if (text === undefined) return fallback;
  const choice = choices.find((known) => known === text);
  if (choice === undefined) throw badParameter(parameter, "enum", `must be one of ${choices.join(", ")}`);
  return choice;
}

/** Epoch milliseconds of an ISO 8601 instant in UTC. */
export function readInstantMs(context: Context, parameter: string): number | undefined {
  const text = readText(context, parameter);
  if (text === undefined) return undefined;
  const valueMs = parseInstant(text);
  if (valueMs === undefined)
    throw badParameter(parameter, "format", "must be an instant such as 2025-01-15T10:30:00.000Z");
  return valueMs;
}

/** `limit` and `cursor`. A limit above the maximum is lowered to it. */
export function readPageQuery(context: Context): PageQuery {
  const limit = Math.min(readInteger(context, "limit", 1) ?? limitDefault, limitMax);
  const cursor = readText(context, "cursor");
  return cursor === undefined ? { limit } : { limit, cursor };
}
