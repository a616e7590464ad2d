/** The REST page: every operation with its parameters, its body, a command to try and its answers. */
import { curlOf } from "./curl.js";
import type { Answer, Media, OpenApi, Operation, Parameter, Reference } from "./documents.js";
import { nameOf } from "./documents.js";
import {
  type Chapter,
  type Place,
  escapeHtml,
  renderCode,
  renderHeading,
  renderInline,
  renderPage,
  renderProse,
  renderTable,
} from "./html.js";
import { renderComponents, renderProperties, renderType, renderValue, schemasChapter } from "./schemas.js";

/** An operation with what the document keeps elsewhere for it. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
}

function isReference(value: object): value is Reference {
  return "$ref" in value;
}

function renderMedia(content: Readonly<Record<string, Media>> | undefined): string {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => `${renderType(schema)} as <code>${escapeHtml(type)}</code>`)
    .join("<br>");
}

function renderAnswers({ operation }: Call, document: OpenApi): string {
  const head = ["Status", "Meaning", "Body", "Headers"];
  const rows = Object.entries(operation.responses).map(([status, given]) => {
    const answer: Answer = isReference(given) ? document.components.responses[nameOf(given.$ref)]! : given;
    const headers = Object.keys(answer.headers ?? {}).map((name) => `<code>${escapeHtml(name)}</code>`);
    return [status, renderInline(answer.description), renderMedia(answer.content), headers.join(", ")];
  });
  const isProblem = ([status = ""]: readonly string[]): boolean => status >= "400";
  const problems = rows.filter(isProblem);
  const summary = `Problems: ${problems.map(([status]) => status).join(", ")}`;
  return (
    renderTable(
      head,
      rows.filter((row) => !isProblem(row)),
    ) + (problems.length === 0 ? "" : `<details><summary>${summary}</summary>${renderTable(head, problems)}</details>`)
  );
}

function renderBody({ operation }: Call, document: OpenApi): string {
  if (operation.requestBody === undefined) return "";
  const { content } = operation.requestBody;
  const { $ref } = content["application/json"].schema;
  const properties = $ref === undefined ? "" : renderProperties(document.components.schemas[nameOf($ref)]!);
  return `<p>Body: ${renderMedia(content)}</p>${properties}`;
}

function nameMethod(method: string): string {
  return `<span class="method">${method.toUpperCase()}</span>`;
}

/** In the contents: what it does, which is shorter than its path. */
function placeOf({ method, operation }: Call): Place {
  return { id: operation.operationId, title: `${nameMethod(method)} ${escapeHtml(operation.summary)}` };
}

function renderCall(call: Call, document: OpenApi): string {
  const { method, path, operation, parameters } = call;
  const { summary, description, security } = operation;
  const rows = parameters.map((parameter) => [
    `<code>${escapeHtml(parameter.name)}</code>`,
    parameter.in,
    renderValue(parameter.schema),
    parameter.required === true ? "yes" : "",
    renderInline(parameter.description),
  ]);
  return [
    renderHeading(3, { id: operation.operationId, title: `${nameMethod(method)} <code>${escapeHtml(path)}</code>` }),
    renderProse(description === undefined ? summary : `${summary}. ${description}`),
    security === undefined ? "" : '<p class="note">Needs the control token.</p>',
    renderCode(curlOf(method, path, parameters, operation, document)),
    renderTable(["Parameter", "In", "Value", "Required", "Meaning"], rows),
    renderBody(call, document),
    renderAnswers(call, document),
  ].join("");
}

function callsOf(document: OpenApi): Call[] {
  return Object.entries(document.paths).flatMap(([path, item]) => {
    const shared = (item["parameters"] ?? []) as readonly Reference[];
    return Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .map(([method, given]) => {
        const operation = given as Operation;
        const parameters = [...shared, ...(operation.parameters ?? [])].map(
          ({ $ref }) => document.components.parameters[nameOf($ref)]!,
        );
        return { method, path, operation, parameters };
      });
  });
}

export function renderRestPage(document: OpenApi): string {
  const calls = callsOf(document);
  const parts = document.tags.map(({ name, description }) => {
    const ofTag = calls.filter(({ operation }) => operation.tags.includes(name));
    const title = escapeHtml(name.slice(0, 1).toUpperCase() + name.slice(1));
    const chapter: Chapter = { id: name, title, places: ofTag.map(placeOf) };
    const rendered = ofTag.map((call) => renderCall(call, document)).join("");
    return { chapter, html: renderHeading(2, chapter) + renderProse(description) + rendered };
  });
  const { info, components } = document;
  return renderPage(
    "/docs/rest",
    info.title,
    renderProse(info.description) + parts.map(({ html }) => html).join("") + renderComponents(components.schemas),
    [...parts.map(({ chapter }) => chapter), schemasChapter(components.schemas)],
  );
}
