/** The documentation's smaller pages: where to begin, the events, the problems. */
import { guides } from "../../../schemas/generated/guides.js";
import { problemTypes } from "../../http/problems.js";
import { type AsyncApi, nameOf } from "./documents.js";
import {
  type Chapter,
  escapeHtml,
  renderCode,
  renderHeading,
  renderInline,
  renderPage,
  renderProse,
  renderTable,
} from "./html.js";
import { renderComponents, renderType, schemasChapter } from "./schemas.js";

const listening = `import { io } from "socket.io-client";

const socket = io("http://localhost:8000");
socket.on("market:update", ({ sectorId, value, timestamp }) => {
  console.log(timestamp, sectorId, value);
});`;

const asking = `curl http://localhost:8000/api/sectors

curl -X POST http://localhost:8000/api/discussions/disc-001/messages \\
  -H 'Content-Type: application/json' \\
  -d '{"content": "Hello", "authorId": "visitor-1"}'`;

export function renderEventsPage({ info, components }: AsyncApi): string {
  const rows = Object.values(components.messages).map(({ name, summary, payload }) => [
    `<code>${escapeHtml(name)}</code>`,
    renderInline(summary),
    renderType(payload),
  ]);
  const places = Object.values(components.messages).map(({ name, payload }) => ({
    id: `schema-${nameOf(payload.$ref ?? "")}`,
    title: escapeHtml(name),
  }));
  const events: Chapter = { id: "events", title: "Events", places };
  return renderPage(
    "/docs/events",
    info.title,
    [
      renderProse(info.description),
      renderCode(listening),
      renderHeading(2, events),
      renderTable(["Event", "Meaning", "Payload"], rows),
      renderComponents(components.schemas),
    ].join(""),
    [events, schemasChapter(components.schemas)],
  );
}

export function renderProblemsPage(): string {
  const places = Object.entries(problemTypes).map(([id, { status, title, explanation }]) => ({
    id,
    title: `${status} ${escapeHtml(title)}`,
    explanation,
  }));
  const parts = places.map(
    ({ explanation, ...place }) =>
      `${renderHeading(2, place)}<p><code>/docs/problems#${place.id}</code></p>${renderProse(explanation)}`,
  );
  const chapter: Chapter = { id: "problems", title: "Problems", places };
  const intro = "Every error is a problem document (RFC 9457): `type` points into this page, `detail` says what to do.";
  return renderPage("/docs/problems", "Problems", `<div id="problems">${renderProse(intro)}${parts.join("")}</div>`, [
    chapter,
  ]);
}

export function renderGuidesPage(): string {
  return renderPage("/docs/guides", "Guides", guides.map(({ html }) => html).join(""), guides);
}

export function renderIndexPage(): string {
  const rows = [
    [
      '<a href="/docs/guides">Guides</a>',
      "How to freeze a market, load-test a server, run several processes, and more",
      "",
    ],
    [
      '<a href="/docs/events">Events</a>',
      "What the server sends over Socket.IO, to everybody, in four events",
      '<a href="/asyncapi.json">AsyncAPI 3.0</a>',
    ],
    [
      '<a href="/docs/rest">REST</a>',
      "Sectors, agents, discussions and the simulation: to read, to change, to move through time",
      '<a href="/openapi.json">OpenAPI 3.1</a>',
    ],
    ['<a href="/docs/problems">Problems</a>', "Every error that the API answers with, and what to do", ""],
  ];
  return renderPage(
    "/docs",
    "Documentation",
    renderTable(["Page", "About", "For programs"], rows) +
      `<p>Listen to the market with the stock client of Socket.IO:</p>${renderCode(listening)}` +
      `<p>Ask for its state, and take part:</p>${renderCode(asking)}`,
  );
}
