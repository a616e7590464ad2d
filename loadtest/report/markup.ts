/** Pieces of HTML that the report is made of. Everything that is not markup goes through `escapeXml`. */
import { escapeXml } from "../core/escape-xml.js";

/** Markup that is safe as it stands. */
export interface Markup {
  readonly html: string;
}

export type Cell = string | Markup;

function render(cell: Cell): string {
  return typeof cell === "string" ? escapeXml(cell) : cell.html;
}

export function code(content: string): Markup {
  return { html: `<code>${escapeXml(content)}</code>` };
}

/** A mark that does not speak by colour alone. */
export function mark(isGood: boolean, good: string, bad: string): Markup {
  return isGood
    ? { html: `<span class="good">✓ ${escapeXml(good)}</span>` }
    : { html: `<span class="bad">✗ ${escapeXml(bad)}</span>` };
}

export interface TableOptions {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of running text, to the left and wrapped. */
  readonly words?: readonly number[];
}

export function table({ caption, head, rows, words = [] }: TableOptions): string {
  const kind = (column: number): string => (words.includes(column) ? ' class="words"' : "");
  const headCells = head.map((cell, column) => `<th scope="col"${kind(column)}>${escapeXml(cell)}</th>`).join("");
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, column) => (column === 0 ? `<th scope="row"${kind(column)}>${render(cell)}</th>` : `<td${kind(column)}>${render(cell)}</td>`)).join("")}</tr>`,
  );
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeXml(caption)}"><table><thead><tr>${headCells}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

export function chart(name: string, svg: string): string {
  return `<figure class="scroll" tabindex="0" role="group" aria-label="${escapeXml(name)}">${svg}</figure>`;
}

/** A value with its name, and what belongs to it. */
export type Figure = readonly [name: string, value: string, more: string];

export function listFigures(figures: readonly Figure[]): string {
  return `<dl class="figures">${figures.map(([name, value, more]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}<small>${escapeXml(more)}</small></dd></div>`).join("")}</dl>`;
}

export function section(title: string, ...content: readonly string[]): string {
  return `<section><h2>${escapeXml(title)}</h2>${content.join("")}</section>`;
}

export function paragraph(content: string): string {
  return `<p>${escapeXml(content)}</p>`;
}
