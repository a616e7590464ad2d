/** /openapi.json, /asyncapi.json, /llms.txt and the pages under /docs: made at the first request, the same for all. */
import type { Router } from "@koa/router";
import { asyncApiDocument, openApiDocument } from "../../schemas/generated/documents.js";
import type { AsyncApi, OpenApi } from "./docs/documents.js";
import { contentSecurityPolicy, escapeHtml } from "./docs/html.js";
import { renderLlmsText } from "./docs/llms-text.js";
import { renderEventsPage, renderGuidesPage, renderIndexPage, renderProblemsPage } from "./docs/pages.js";
import { renderRestPage } from "./docs/rest-page.js";

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

export function addDocsRoutes(router: Router, version: string): void {
  function addDocument(path: string, document: object): void {
    const json = once(() => JSON.stringify(document));
    router.get(path, (context) => {
      context.type = "application/json";
      context.body = json();
    });
  }

  /** Pages link to paths from the server's root; they are made relative, because a proxy may put a path before it. */
  function addPage(path: string, render: () => string): void {
    const toRoot = "../".repeat(path.split("/").length - 2) || "./";
    const html = once(() => render().replaceAll('href="/', `href="${toRoot}`));
    router.get(path, (context) => {
      context.set("Content-Security-Policy", contentSecurityPolicy);
      context.type = "text/html; charset=utf-8";
      // What is copied from here is for this server.
      context.body = html().replaceAll("http://localhost:8000", escapeHtml(`${context.protocol}://${context.host}`));
    });
  }

  addDocument("/openapi.json", openApiDocument);
  addDocument("/asyncapi.json", asyncApiDocument);
  const llmsText = once(() => renderLlmsText(openApiDocument as OpenApi, asyncApiDocument as AsyncApi, version));
  router.get("/llms.txt", (context) => {
    context.type = "text/plain; charset=utf-8";
    context.body = llmsText();
  });
  addPage("/docs", renderIndexPage);
  addPage("/docs/guides", renderGuidesPage);
  addPage("/docs/rest", () => renderRestPage(openApiDocument as OpenApi));
  addPage("/docs/events", () => renderEventsPage(asyncApiDocument as AsyncApi));
  addPage("/docs/problems", renderProblemsPage);
}
