/**
 * The shell of the documentation's pages: plain HTML made on the server, without a script and without
 * anything from elsewhere, so that a page works offline under the strictest policy.
 */
import { createHash } from "node:crypto";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]!);
}

/** A description: blank lines part paragraphs, backticks mark code, and our own paths become links. */
export function renderProse(text: string): string {
  return text
    .split("\n\n")
    .map((paragraph) => `<p>${renderInline(paragraph)}</p>`)
    .join("");
}

export function renderInline(text: string): string {
  return escapeHtml(text)
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>")
    .replaceAll(/(?<![\w/])\/docs\/[a-z]+/g, '<a href="$&">$&</a>');
}

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --faint: color-mix(in srgb, currentColor 6%, transparent); --quiet: color-mix(in srgb, currentColor 72%, transparent); --link: light-dark(#0b57d0, #9cc3ff); }
html { scroll-padding-top: 1rem; background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 0 1rem 4rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
body > nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
nav a { text-decoration: none; }
nav a:hover, nav a:focus-visible { text-decoration: underline; }
nav [aria-current] { font-weight: 700; color: inherit; }
.contents { font-size: 0.9rem; margin: 1.5rem 0; }
.contents ul { list-style: none; margin: 0.25rem 0 1rem; padding: 0; }
.contents li a { display: block; padding: 0.1rem 0; overflow-wrap: anywhere; }
@media (max-width: 61.99rem) {
  .contents { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1rem 0; }
  .contents ul { display: none; }
}
@media (min-width: 62rem) {
  .columns { display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: 2.5rem; }
  .contents { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; margin: 0; padding: 1.5rem 0; box-sizing: border-box; }
}
main { min-width: 0; max-width: 56rem; }
h1 { line-height: 1.2; }
h2 { margin: 3rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
h3 { margin: 2.5rem 0 0.25rem; }
h2 a, h3 a { color: inherit; text-decoration: none; }
h2 a:hover, h3 a:hover { text-decoration: underline; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 1rem 0.35rem 0; border-bottom: 1px solid var(--line); }
th { font-size: 0.85rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
td { min-width: 4rem; }
code, pre { font: 0.875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
td:first-child code { overflow-wrap: normal; }
pre { padding: 0.75rem 1rem; overflow: auto; overflow-wrap: normal; background: var(--faint); border-radius: 6px; }
details { margin: 0.5rem 0; }
summary { cursor: pointer; color: var(--quiet); }
:target { scroll-margin-top: 1rem; background: var(--faint); box-shadow: 0 0 0 0.4rem var(--faint); border-radius: 2px; }
.method { display: inline-block; min-width: 4.2em; font-size: 0.8em; font-weight: 700; letter-spacing: 0.02em; }
.note { color: var(--quiet); }
`;

const pages = [
  ["/", "Console"],
  ["/docs", "Documentation"],
  ["/docs/guides", "Guides"],
  ["/docs/rest", "REST"],
  ["/docs/events", "Events"],
  ["/docs/problems", "Problems"],
  ["/openapi.json", "openapi.json"],
  ["/asyncapi.json", "asyncapi.json"],
] as const;

/** What a page may load: its own style, and nothing else. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A link of the contents beside a page, or of a heading: both lead to the same place. */
export interface Place {
  /** Without the `#`. */
  readonly id: string;
  /** HTML. */
  readonly title: string;
}

/** A group of places under one heading of the contents. */
export interface Chapter extends Place {
  readonly places: readonly Place[];
}

function renderContents(chapters: readonly Chapter[]): string {
  const lists = chapters.map(({ id, title, places }) => {
    const items = places.map((place) => `<li><a href="#${place.id}">${place.title}</a></li>`);
    return `<strong><a href="#${id}">${title}</a></strong><ul>${items.join("")}</ul>`;
  });
  return `<nav class="contents" aria-label="Contents">${lists.join("")}</nav>`;
}

/** A heading that can be linked to. */
export function renderHeading(level: 2 | 3, { id, title }: Place): string {
  return `<h${level} id="${id}"><a href="#${id}">${title}</a></h${level}>`;
}

/** A whole page, with its contents beside it where there are any. The path marks its entry in the navigation. */
export function renderPage(path: string, title: string, body: string, contents: readonly Chapter[] = []): string {
  const links = pages.map(
    ([href, name]) => `<a href="${href}"${href === path ? ' aria-current="page"' : ""}>${name}</a>`,
  );
  const main = `<main><h1>${escapeHtml(title)}</h1>${body}</main>`;
  const columns = contents.length === 0 ? main : `<div class="columns">${renderContents(contents)}${main}</div>`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escapeHtml(title)} · max-harness</title><style>${style}</style></head><body>` +
    `<nav aria-label="Documentation">${links.join("")}</nav>${columns}</body></html>`
  );
}

/** A table; cells are HTML. Empty without rows. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<div class="table" tabindex="0"><table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Text that is to be copied. What may have to be scrolled can be reached by key. */
export function renderCode(text: string): string {
  return `<pre tabindex="0">${escapeHtml(text)}</pre>`;
}
