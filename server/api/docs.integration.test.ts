import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asyncApiDocument, openApiDocument } from "../../schemas/generated/documents.js";
import { eventNames, findViolations, schemaFiles } from "../../schemas/index.js";
import { packageRoot } from "../../schemas/package-root.js";
import { startApi } from "./api.fixture.js";
import type { AsyncApi, OpenApi } from "./docs/documents.js";
import { type ApiOptions, createRouters } from "./index.js";
import { problemTypes } from "../http/problems.js";

const openApi = openApiDocument as OpenApi;
const asyncApi = asyncApiDocument as AsyncApi;
/** Methods over all documented paths. */
const callCount = Object.values(openApi.paths).flatMap((item) =>
  Object.keys(item).filter((key) => key !== "parameters"),
).length;
const pages = ["/docs", "/docs/guides", "/docs/rest", "/docs/events", "/docs/problems"];

async function openRouters(): Promise<ReturnType<typeof createRouters>> {
  let given: ApiOptions | undefined;
  await startApi({ api: (options) => ((given = { ...options, metrics: async () => "" }), {}) });
  return createRouters(given as ApiOptions);
}

test("every route stands in the router that requests for it are led to", async () => {
  const misplaced = [...(await openRouters())].flatMap(([group, { stack }]) =>
    stack.map(({ path }) => String(path)).filter((path) => (/^\/api\/([^/]+)/.exec(path)?.[1] ?? "") !== group),
  );
  expect(misplaced, "move it to the router of its first part, in server/api/index.ts").toEqual([]);
});

test("every route is documented, and every documented path is routed", async () => {
  const routed = [...(await openRouters()).values()]
    .flatMap((router) => router.stack)
    .flatMap(({ path, methods }) =>
      methods
        .filter((method) => method !== "HEAD")
        .map((method) => `${method} ${String(path).replaceAll(/:\w+/g, "{}")}`),
    );
  const documented = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "{}")}`),
  );
  const remedy = "describe it in schemas/openapi.json, and run `npm run generate`";
  expect(documented.toSorted(), remedy).toEqual(routed.toSorted());
});

test("every event is documented, and every documented event exists", () => {
  const messages = Object.values(asyncApi.components.messages);
  expect(messages.map(({ name }) => name)).toEqual([...eventNames]);
});

test("every request body is documented with the schema that it is held to", () => {
  const documented = Object.values(openApi.paths).flatMap((item) =>
    Object.values(item).flatMap((operation) =>
      "requestBody" in operation && operation.requestBody !== undefined
        ? [operation.requestBody.content["application/json"].schema.$ref]
        : [],
    ),
  );
  const titles = Object.entries(schemaFiles).flatMap(([path, { title }]) =>
    path.startsWith("requests/") ? [`#/components/schemas/${title}`] : [],
  );
  expect(new Set(documented)).toEqual(new Set(titles));
});

test.each(["/openapi.json", "/asyncapi.json"])("%s stands by itself", async (path) => {
  const { call } = await startApi();
  const answer = await call("GET", path);
  expect(answer.status).toBe(200);
  const text = JSON.stringify(answer.body);
  for (const [, reference] of text.matchAll(/"\$ref":"([^"]*)"/g)) {
    expect(reference).toMatch(/^#\//);
    const found = reference
      .slice(2)
      .split("/")
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], answer.body);
    expect(found).toBeDefined();
  }
});

/** Where a link on a page leads, without what it names there. */
const pathOf = (href: string, page: string) => new URL(href, `http://localhost${page}`).pathname;

test.each(pages)("%s needs nothing from elsewhere and runs no script", async (path) => {
  const { call } = await startApi();
  const { status, headers, body } = await call("GET", path);
  expect(status).toBe(200);
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(body).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  for (const [, href] of (body as string).matchAll(/href="([^"]*)"/g)) {
    if (href.startsWith("#")) expect(body).toContain(`id="${href.slice(1)}"`);
    else expect(["/", ...pages, "/openapi.json", "/asyncapi.json"]).toContain(pathOf(href, path));
    expect(href, "a proxy may put a path before ours").not.toMatch(/^\//);
  }
});

test("the guides are the README's, with commands for everybody and for this server", async () => {
  const { call, url } = await startApi();
  const { body } = await call("GET", "/docs/guides");
  const guide = /<h2 id="load-test-a-server">.*?<h2 /s.exec(body as string)?.[0] ?? "";
  expect(guide).toContain(`npx max loadtest --url ${url}`);
  expect(body).not.toContain("localhost:8000");
  const readme = readFileSync(new URL("README.md", packageRoot), "utf8");
  for (const [, title] of readme.matchAll(/^## (?!First success|The API|Figures|Work on it)(.*)$/gm))
    expect(body).toContain(`>${title.replace(/'/g, "&#39;")}</a></h2>`);
});

test("every problem that the API answers with has its place on the page that its type points to", async () => {
  const { call } = await startApi();
  const { body } = await call("GET", "/docs/problems");
  for (const name of Object.keys(problemTypes)) expect(body).toContain(`id="${name}"`);
  const refused = await call("GET", "/api/nope");
  expect(findViolations("resources/problem.schema.json", refused.body)).toEqual([]);
  const [path, id] = refused.body.type.split("#");
  expect((await call("GET", path)).body).toContain(`id="${id}"`);
});

test("every command on the REST page can be pasted: it names a path that is there, and a body that fits", async () => {
  const { call, host, control } = await startApi({ api: () => ({ metrics: async () => "" }) });
  const { body } = await call("GET", "/docs/rest");
  const commands = [...(body as string).matchAll(/<pre tabindex="0">curl (.*?)<\/pre>/g)].map(([, text]) =>
    text.replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">"),
  );
  expect(commands.length).toBe(callCount);
  for (const text of commands) {
    const method = /^-X (\w+) /.exec(text)?.[1] ?? "GET";
    const path = /http:\/\/[\w.]+:\d+(\S+)/.exec(text)?.[1] ?? "";
    const json = / -d '(.*)'$/.exec(text)?.[1];
    if (path === "/api/simulation/events") continue;
    const send = text.includes("$MAX_TOKEN") ? control : call;
    const { status } = await send(method, path, json === undefined ? undefined : JSON.parse(json));
    // What the examples name need not be there, but all else is in order.
    expect([200, 201, 204, 404, 409], text).toContain(status);
    await host.pause();
  }
});

test("/llms.txt names every event, every call and the documents", async () => {
  const { call } = await startApi();
  const { status, headers, body } = await call("GET", "/llms.txt");
  expect([status, headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  const text = String(body);
  for (const name of eventNames) expect(text).toContain(`- ${name}\n`);
  expect(text.match(/^- (?:GET|POST|PATCH|DELETE) \//gm)).toHaveLength(callCount);
  for (const [, path] of text.matchAll(/\]\((\S+)\)/g)) expect((await call("GET", `/${path}`)).status).toBe(200);
});
