/**
 * /metrics on a port of its own, without the control token: for a Prometheus that only the operator's network reaches.
 *
 * It answers nothing else, so that opening it opens no control.
 */
import { type Server, type ServerResponse, createServer } from "node:http";
import { listen } from "../http/listen.js";

/** Where the metrics are served. */
export interface MetricsAddress {
  /** Zero takes any free port. */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
}

const connectionsMax = 100;
const requestMsMax = 5_000;

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export class MetricsListener {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @throws {StartError} when the port is taken */
  static async open(
    { port, host = "127.0.0.1" }: MetricsAddress,
    read: () => Promise<string>,
  ): Promise<MetricsListener> {
    const server = createServer((request, response) => {
      const path = request.url?.split("?", 1)[0];
      if (path !== "/metrics") answer(response, 404, "There is only /metrics here.\n");
      else if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, "", { Allow: "GET, HEAD" });
      else
        void read().then(
          (text) => answer(response, 200, text, { "Content-Type": metricsType }),
          () => answer(response, 503, "There are no metrics yet.\n"),
        );
    });
    server.maxConnections = connectionsMax;
    server.headersTimeout = requestMsMax;
    server.requestTimeout = requestMsMax;
    const { address, family, port: bound } = await listen(server, port, host);
    return new MetricsListener(server, `http://${family === "IPv6" ? `[${address}]` : address}:${bound}/metrics`);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
  response.end(text);
}
