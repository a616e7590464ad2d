/** Shows JSON Schemas as tables: each component once, linked to from wherever it is used. */
import { type Schema, nameOf } from "./documents.js";
import {
  type Chapter,
  type Place,
  escapeHtml,
  renderCode,
  renderHeading,
  renderInline,
  renderProse,
  renderTable,
} from "./html.js";

function code(value: unknown): string {
  return `<code>${escapeHtml(typeof value === "string" ? value : JSON.stringify(value))}</code>`;
}

/** The type in words, with a link where it is a component. */
export function renderType(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref);
    return `<a href="#schema-${name}">${escapeHtml(name)}</a>`;
  }
  if (schema.allOf !== undefined) return schema.allOf.map(renderType).join(" and ");
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["any"]);
  if (types.includes("array") && schema.items !== undefined) return `array of ${renderType(schema.items)}`;
  return types.join(" or ");
}

/** What a value must keep to, besides its type. */
function renderLimits(schema: Schema): string {
  const limits: string[] = [];
  if (schema.enum !== undefined) limits.push(`one of ${schema.enum.map(code).join(", ")}`);
  if (schema.const !== undefined) limits.push(code(schema.const));
  if (schema.format !== undefined) limits.push(escapeHtml(schema.format));
  if (schema.minimum !== undefined) limits.push(`≥ ${schema.minimum}`);
  if (schema.maximum !== undefined) limits.push(`≤ ${schema.maximum}`);
  if (schema.minLength !== undefined) limits.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) limits.push(`at most ${schema.maxLength} characters`);
  if (schema.minProperties !== undefined) limits.push(`at least ${schema.minProperties} property`);
  if (schema.pattern !== undefined) limits.push(code(schema.pattern));
  if (schema.default !== undefined) limits.push(`default ${code(schema.default)}`);
  return limits.join("; ");
}

export function renderValue(schema: Schema): string {
  const limits = renderLimits(schema);
  return renderType(schema) + (limits === "" ? "" : `<br>${limits}`);
}

function addRows(rows: string[][], schema: Schema, prefix: string): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const path = prefix + name;
    const isRequired = schema.required?.includes(name) === true;
    rows.push([code(path), renderValue(property), isRequired ? "yes" : "", renderInline(property.description ?? "")]);
    if (property.type === "array") addRows(rows, property.items ?? {}, `${path}[].`);
    else addRows(rows, property, `${path}.`);
  }
}

function rowsOf(schema: Schema): string[][] {
  const rows: string[][] = [];
  for (const part of schema.allOf?.filter(({ $ref }) => $ref === undefined) ?? [schema]) addRows(rows, part, "");
  return rows;
}

/** The properties of an object, those within it included. */
export function renderProperties(schema: Schema): string {
  return renderTable(["Property", "Value", "Required", "Meaning"], rowsOf(schema));
}

function placeOf(name: string): Place {
  return { id: `schema-${name}`, title: escapeHtml(name) };
}

/** A component with its properties and its first example. */
function renderComponent(name: string, schema: Schema): string {
  const isBare = rowsOf(schema).length === 0 || schema.allOf !== undefined;
  const [example] = schema.examples ?? [];
  return [
    renderHeading(3, placeOf(name)),
    renderProse(schema.description ?? ""),
    isBare ? `<p>${renderValue(schema)}</p>` : "",
    renderProperties(schema),
    example === undefined ? "" : renderCode(JSON.stringify(example, null, 2)),
  ].join("");
}

export function schemasChapter(schemas: Readonly<Record<string, Schema>>): Chapter {
  return { id: "schemas", title: "Schemas", places: Object.keys(schemas).map(placeOf) };
}

export function renderComponents(schemas: Readonly<Record<string, Schema>>): string {
  const parts = Object.entries(schemas).map(([name, schema]) => renderComponent(name, schema));
  return renderHeading(2, schemasChapter(schemas)) + parts.join("");
}
