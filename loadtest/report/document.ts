/** The frame of every report page: one file that needs nothing else, readable without script, on paper and on a telephone. */
import { createHash } from "node:crypto";
import { escapeXml } from "../core/escape-xml.js";
import { style as commonStyle } from "./style.js";

export interface Document {
  readonly title: string;
  /** Beyond what all reports have. */
  readonly style?: string;
  /** Markup. */
  readonly body: string;
  readonly footer: string;
  /** What keeps the page up to date from the server that it comes from. @default none */
  readonly script?: string;
}

/** Nothing from anywhere but the page itself; a script is the one that it was written with. */
function policyOf(script: string): string {
  const own = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  if (script === "") return own;
  return `${own}; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; connect-src 'self'`;
}

export function formatDocument({ title, style = "", body, footer, script = "" }: Document): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script)}">
<title>${escapeXml(title)}</title>
<link rel="icon" href="data:,">
<style>${commonStyle}${style}</style>
</head>
<body>
<main>
${body}
</main>
<footer><p>${escapeXml(footer)}</p></footer>
${
  script === ""
    ? ""
    : `<script type="module">${script}</script>
`
}</body>
</html>
`;
}
