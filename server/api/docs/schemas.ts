/** Shows JSON Schemas as tables: each component once, linked to from wherever it is used. */
import { type Schema, nameOf } from "./documents.js";
import { escapeHtml, renderInline, renderProse, renderTable } from "./html.js";

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

/** A component with its properties and its first example. */
export function renderComponent(name: string, schema: Schema): string {
  const parts = schema.allOf?.filter((part) => part.$ref === undefined) ?? [schema];
  const rows: string[][] = [];
  for (const part of parts) addRows(rows, part, "");
  const table = renderTable(["Property", "Value", "Required", "Meaning"], rows);
  const value = rows.length === 0 || schema.allOf !== undefined ? `<p>${renderValue(schema)}</p>` : "";
  const [example] = schema.examples ?? [];
  const shown = example === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`;
  return `<h3 id="schema-${name}">${escapeHtml(name)}</h3>${renderProse(schema.description ?? "")}${value}${table}${shown}`;
}

export function renderComponents(schemas: Readonly<Record<string, Schema>>): string {
  const parts = Object.entries(schemas).map(([name, schema]) => renderComponent(name, schema));
  return `<section><h2 id="schemas">Schemas</h2>${parts.join("")}</section>`;
}
