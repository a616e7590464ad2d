/**
 * README.md's sections as HTML, for /docs/guides of a running server: what tests of the README check is read there, too.
 * Pictures and links into the repository are left out, because a server has neither.
 */
import { Marked, type Tokens } from "marked";

/** What is about the repository, or has pages of its own under /docs. */
const leftOut = ["First success", "The API", "Figures", "Work on it"];

export interface GuidePlace {
  readonly id: string;
  /** HTML. */
  readonly title: string;
}

/** A section, with the headings below its own. */
export interface Guide extends GuidePlace {
  readonly places: readonly GuidePlace[];
  readonly html: string;
}

/** As GitHub names the anchor of a heading. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

/** The commands of the repository as everybody has them: the package has no scripts where it is installed. */
function callMax(text: string): string {
  return text
    .replaceAll(/^npm start(?: --)?/gm, "npx max demo")
    .replaceAll(/^((?:MAX_TOKEN="[^"]*" )?)npm run (loadtest|contract)(?: --)?/gm, "$1npx max $2");
}

/** Each heading of the second level, and its Markdown up to the next one. */
function splitSections(readme: string): { readonly title: string; readonly text: string }[] {
  const sections: { title: string; text: string }[] = [];
  for (const token of new Marked().lexer(readme)) {
    if (token.type === "heading" && token["depth"] === 2) sections.push({ title: String(token["text"]), text: "" });
    const section = sections.at(-1);
    if (section !== undefined) section.text += token.raw;
  }
  return sections;
}

/** @throws when a section that is to be left out is not there */
export function renderGuides(readme: string): Guide[] {
  const all = splitSections(readme);
  const missing = leftOut.find((title) => !all.some((section) => section.title === title));
  if (missing !== undefined) throw new Error(`README.md has no section "${missing}" that the guides could leave out`);
  const sections = all.filter(({ title }) => !leftOut.includes(title));
  const anchors = new Set(
    sections.flatMap(({ text }) => [...text.matchAll(/^##+ (.+)$/gm)].map(([, title = ""]) => `#${slugOf(title)}`)),
  );
  return sections.map(({ title, text }) => {
    const places: GuidePlace[] = [];
    const marked = new Marked({
      renderer: {
        heading({ depth, text: name, tokens }: Tokens.Heading): string {
          const place = { id: slugOf(name), title: this.parser.parseInline(tokens) };
          if (depth > 2) places.push(place);
          return `<h${depth} id="${place.id}"><a href="#${place.id}">${place.title}</a></h${depth}>`;
        },
        link({ href, tokens }: Tokens.Link): string {
          const words = this.parser.parseInline(tokens);
          return anchors.has(href) || /^https?:/.test(href) ? `<a href="${href}">${words}</a>` : words;
        },
        image: () => "",
        html: () => "",
        table(token: Tokens.Table): string {
          const cellOf = ({ header, text: words, tokens }: Tokens.TableCell) => {
            const html = this.parser.parseInline(tokens);
            return header && words !== "" ? `<th scope="col">${html}</th>` : `<td>${html}</td>`;
          };
          const row = (cells: readonly Tokens.TableCell[]) => `<tr>${cells.map(cellOf).join("")}</tr>`;
          const body = token.rows.map(row).join("");
          return `<div class="table" tabindex="0"><table><thead>${row(token.header)}</thead><tbody>${body}</tbody></table></div>`;
        },
      },
    });
    const html = marked.parse(callMax(text), { async: false });
    // What may have to be scrolled can be reached by key.
    return { id: slugOf(title), title, places, html: html.replaceAll("<pre>", '<pre tabindex="0">') };
  });
}
