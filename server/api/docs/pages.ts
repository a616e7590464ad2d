/** The documentation's pages, made from the same documents that /openapi.json and /asyncapi.json serve. */
import { problemTypes } from "../problems.js";
import type { Answer, AsyncApi, Media, OpenApi, Operation, Parameter, Reference } from "./documents.js";
import { nameOf } from "./documents.js";
import { escapeHtml, renderInline, renderPage, renderProse, renderTable } from "./html.js";
import { renderComponents, renderType, renderValue } from "./schemas.js";

function isReference(value: object): value is Reference {
  return "$ref" in value;
}

function parametersOf(references: readonly Reference[], document: OpenApi): Parameter[] {
  return references.map(({ $ref }) => document.components.parameters[nameOf($ref)]);
}

function renderMedia(content: Readonly<Record<string, Media>> | undefined): string {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => `${renderType(schema)} as <code>${escapeHtml(type)}</code>`)
    .join("<br>");
}

function renderOperation(
  method: string,
  path: string,
  shared: readonly Reference[],
  operation: Operation,
  document: OpenApi,
): string {
  const parameters = parametersOf([...shared, ...(operation.parameters ?? [])], document).map((parameter) => [
    `<code>${escapeHtml(parameter.name)}</code>`,
    parameter.in,
    renderValue(parameter.schema),
    parameter.required === true ? "yes" : "",
    renderInline(parameter.description),
  ]);
  const answers = Object.entries(operation.responses).map(([status, given]) => {
    const answer: Answer = isReference(given) ? document.components.responses[nameOf(given.$ref)] : given;
    const headers = Object.keys(answer.headers ?? {}).map((name) => `<code>${escapeHtml(name)}</code>`);
    return [status, renderInline(answer.description), renderMedia(answer.content), headers.join(", ")];
  });
  return [
    `<h3 id="${operation.operationId}"><span class="method">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h3>`,
    renderProse(
      operation.description === undefined ? operation.summary : `${operation.summary}. ${operation.description}`,
    ),
    operation.security === undefined ? "" : "<p>Needs the control token.</p>",
    renderTable(["Parameter", "In", "Value", "Required", "Meaning"], parameters),
    operation.requestBody === undefined ? "" : `<p>Body: ${renderMedia(operation.requestBody.content)}</p>`,
    renderTable(["Status", "Meaning", "Body", "Headers"], answers),
  ].join("");
}

function* operationsOf(
  document: OpenApi,
): Generator<{ method: string; path: string; shared: readonly Reference[]; operation: Operation }> {
  for (const [path, item] of Object.entries(document.paths)) {
    const shared = (item["parameters"] ?? []) as readonly Reference[];
    for (const [method, operation] of Object.entries(item)) {
      if (method !== "parameters") yield { method, path, shared, operation: operation as Operation };
    }
  }
}

export function renderRestPage(document: OpenApi): string {
  const operations = [...operationsOf(document)];
  const sections = document.tags.map(({ name, description }) => {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(name));
    const parts = ofTag.map(({ method, path, shared, operation }) =>
      renderOperation(method, path, shared, operation, document),
    );
    return `<section><h2 id="${name}">${escapeHtml(name)}</h2>${renderProse(description)}${parts.join("")}</section>`;
  });
  const { info, components } = document;
  return renderPage(
    "/docs/rest",
    info.title,
    renderProse(info.description) + sections.join("") + renderComponents(components.schemas),
  );
}

export function renderEventsPage({ info, components }: AsyncApi): string {
  const rows = Object.values(components.messages).map(({ name, summary, payload }) => [
    `<code>${escapeHtml(name)}</code>`,
    renderInline(summary),
    renderType(payload),
  ]);
  const table = renderTable(["Event", "Meaning", "Payload"], rows);
  return renderPage(
    "/docs/events",
    info.title,
    renderProse(info.description) + table + renderComponents(components.schemas),
  );
}

export function renderProblemsPage(): string {
  const parts = Object.entries(problemTypes).map(
    ([name, { status, title, explanation }]) =>
      `<h3 id="${name}">${status} ${escapeHtml(title)}</h3><p><code>/docs/problems#${name}</code></p>${renderProse(explanation)}`,
  );
  const intro = "Every error is a problem document (RFC 9457): `type` points into this page, `detail` says what to do.";
  return renderPage("/docs/problems", "Problems", renderProse(intro) + parts.join(""));
}

export function renderIndexPage(): string {
  const rows = [
    [
      '<a href="/docs/rest">REST</a>',
      "Sectors, agents, discussions and the simulation",
      '<a href="/openapi.json">OpenAPI 3.1</a>',
    ],
    [
      '<a href="/docs/events">Events</a>',
      "What the server sends over Socket.IO",
      '<a href="/asyncapi.json">AsyncAPI 3.0</a>',
    ],
    ['<a href="/docs/problems">Problems</a>', "Every error that the API answers with", ""],
  ];
  return renderPage("/docs", "Documentation", renderTable(["Page", "About", "For programs"], rows));
}
