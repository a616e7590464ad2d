/** What a schema cannot tell of a plan's requests: names that lead nowhere, and headers that cannot be sent. */
import type { PlanRest } from "../../schemas/index.js";
import { didYouMean } from "../../schemas/suggest.js";
import { findHeaderFault } from "../core/target.js";
import { nameOfRoute } from "../rest/request-source.js";
import { namesInTemplate } from "../rest/template.js";

/** The first fault, with its place; undefined where there is none. */
export function findRestFault({ routes = [], data = {} }: PlanRest): string | undefined {
  const known = Object.keys(data);
  const names = new Set<string>();
  for (const [index, route] of routes.entries()) {
    const place = `/rest/routes/${index}`;
    const unknown = namesInTemplate([route.path, route.headers, route.body]).find((name) => !known.includes(name));
    if (unknown !== undefined)
      return `${place} has {${unknown}}, which is none of its data. ${known.length === 0 ? "Give its values in /rest/data." : didYouMean(unknown, known, "Data")}`;
    const header = findHeaderFault(route.headers ?? {});
    if (header !== undefined) return `${place}: ${header}`;
    const name = nameOfRoute(route);
    if (names.has(name)) return `${place} has the name of another route, ${name}. Give it a name of its own.`;
    names.add(name);
  }
  for (const [name, values] of Object.entries(data)) {
    if (Array.isArray(values) || "serial" in values || values.from <= values.to) continue;
    return `/rest/data/${name} goes from ${values.from} to ${values.to}: the least comes first.`;
  }
  return undefined;
}
