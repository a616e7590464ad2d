/**
 * The page and the metrics of a load test while it runs, on a port of this machine alone.
 *
 * Invariant: looking costs the run next to nothing. Nothing is rendered where nobody looks, and the next update waits
 * until a hundred times what the last one took has passed: this process also sends the REST requests.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { ObservedRun, RunObserver } from "../../loadtest/index.js";
import { formatLiveMetrics } from "../../loadtest/live/metrics.js";
import { eventsPath, formatLivePage, formatLiveReport, formatLiveRun } from "../../loadtest/live/page.js";
import type { Summary } from "../../schemas/index.js";
import { version } from "../../schemas/package-root.js";
import { createHostCheck } from "../../server/http/hosts.js";
import { listen } from "../../server/http/listen.js";
import { metricsType } from "../../server/metrics/metrics-listener.js";

const host = "127.0.0.1";
const connectionsMax = 100;
const updateMs = 1000;
/** Of the time, at most, that updates may take. */
const updateShare = 0.01;
/** For the report on its way to a page; who has not read it by then misses it. */
const closeMsMax = 2000;

const headers = {
  "Cache-Control": "no-store",
  // So that closing waits for nobody who has what was sent.
  Connection: "close",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...headers, "Content-Type": type });
  response.end(text);
}

function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

export class LiveServer implements RunObserver {
  readonly url: string;
  readonly #server: Server;
  readonly #viewers = new Set<ServerResponse>();
  readonly #isAllowedHost = createHostCheck();
  #run: ObservedRun | undefined;
  #report: ReturnType<typeof formatLiveReport> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  /**
   * @param port 0 takes any free one
   * @throws {StartError} when the port is taken or not allowed
   */
  static async open(port: number): Promise<LiveServer> {
    const server = createServer();
    server.maxConnections = connectionsMax;
    const { port: bound } = await listen(server, port, host);
    return new LiveServer(server, `http://${host}:${bound}/`);
  }

  begin(run: ObservedRun): void {
    this.#run = run;
  }

  end(summary: Summary): void {
    clearTimeout(this.#timer);
    this.#report = formatLiveReport(summary);
    for (const viewer of this.#viewers) viewer.end(formatEvent("end", this.#report));
  }

  /** Resolves once the pages have what was sent to them. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const viewer of this.#viewers) viewer.end();
    const timer = setTimeout(() => this.#server.closeAllConnections(), closeMsMax);
    this.#server.closeIdleConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(timer);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers: given, socket } = request;
    const path = request.url?.split("?", 1)[0];
    if (!this.#isAllowedHost(given.host, socket)) answer(response, 403, "text/plain", "Unknown host name.\n");
    else if (method !== "GET") answer(response, 405, "text/plain", "Only GET.\n");
    else if (path === "/") answer(response, 200, "text/html; charset=utf-8", formatLivePage(this.#run, version));
    else if (path === `/${eventsPath}`) this.#follow(response);
    else if (path === "/metrics") void this.#answerMetrics(response);
    else answer(response, 404, "text/plain", "There are / and /metrics.\n");
  }

  async #answerMetrics(response: ServerResponse): Promise<void> {
    if (this.#run === undefined) answer(response, 503, "text/plain", "The load test has not begun yet.\n");
    else answer(response, 200, metricsType, await formatLiveMetrics(this.#run));
  }

  #follow(response: ServerResponse): void {
    response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
    if (this.#report !== undefined) return void response.end(formatEvent("end", this.#report));
    this.#viewers.add(response);
    response.on("close", () => this.#viewers.delete(response));
    if (this.#viewers.size === 1) this.#update();
  }

  /** To all that look; it ends by itself once nobody does. */
  #update(): void {
    clearTimeout(this.#timer);
    if (this.#viewers.size === 0 || this.#report !== undefined) return;
    const startMs = performance.now();
    const update = formatEvent("update", formatLiveRun(this.#run));
    // Who does not read has enough to read.
    for (const viewer of this.#viewers) if (!viewer.writableNeedDrain) viewer.write(update);
    const costMs = performance.now() - startMs;
    this.#timer = setTimeout(() => this.#update(), Math.max(updateMs, costMs / updateShare));
  }
}
