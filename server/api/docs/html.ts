/**
 * The shell of the documentation's pages: plain HTML made on the server, without a script and without
 * anything from elsewhere, so that a page works offline under the strictest policy.
 */
import { createHash } from "node:crypto";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]);
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
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 0 1rem 4rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
section { margin: 2.5rem 0; }
h3 { margin: 2rem 0 0.25rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid var(--line); }
code, pre { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: 0.75rem; overflow: auto; border: 1px solid var(--line); border-radius: 4px; }
:target { outline: 2px solid; outline-offset: 4px; }
.method { font-weight: 700; }
`;

const pages = [
  ["/docs", "Documentation"],
  ["/docs/rest", "REST"],
  ["/docs/events", "Events"],
  ["/docs/problems", "Problems"],
  ["/openapi.json", "openapi.json"],
  ["/asyncapi.json", "asyncapi.json"],
] as const;

/** What a page may load: its own style, and nothing else. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A whole page. The path marks its entry in the navigation. */
export function renderPage(path: string, title: string, body: string): string {
  const links = pages.map(
    ([href, name]) => `<a href="${href}"${href === path ? ' aria-current="page"' : ""}>${name}</a>`,
  );
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escapeHtml(title)} · max-harness</title><style>${style}</style></head><body>` +
    `<nav aria-label="Documentation">${links.join("")}</nav><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
  );
}

/** A table; cells are HTML. Empty without rows. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table>`;
}
