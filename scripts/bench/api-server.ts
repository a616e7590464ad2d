/** A server for the REST and console benchmarks: ours, or Koa with @koa/router alone. */
import { createServer } from "node:http";
import { Router } from "@koa/router";
import Koa from "koa";
import type { Max, StartOptions } from "../../server/main.js";
import { listen } from "./tick-loop.js";

/** What a bare server answers at a path. */
export interface BareAnswer {
  readonly path: string;
  readonly body: string;
  /** Beside those that Koa sets by itself. */
  readonly headers: Readonly<Record<string, string>>;
}

let max: Max | undefined;

export const handlers = {
  /** Loads our server only here: its peer starts as bare as it is. */
  async startMax(options: StartOptions): Promise<{ readonly url: string; readonly token: string }> {
    const { startMax } = await import("../../server/main.js");
    max = await startMax(options);
    return { url: max.url, token: max.token };
  },

  /** The least that Koa and its router can do for these bytes; returns the server's URL. */
  async startBare({ path, body, headers }: BareAnswer): Promise<string> {
    const router = new Router();
    const fields = Object.entries(headers);
    router.get(path, (context) => {
      for (const [name, value] of fields) context.res.setHeader(name, value);
      context.type = "application/json";
      context.body = body;
    });
    return `http://127.0.0.1:${await listen(createServer(new Koa().use(router.routes()).callback()))}`;
  },

  async pause(): Promise<void> {
    await max?.simulation.pause();
  },

  play(): void {
    max?.simulation.play();
  },

  /** Processor time of this process so far. */
  cpuUs(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};
