/**
 * A Chromium with real tabs, over its DevTools protocol.
 *
 * Playwright keeps every page focused and therefore visible; here a tab is hidden when another one is shown,
 * as on people's screens.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { chromiumFlags, findChromium } from "./find-chromium.js";
import type { TraceEvent } from "./trace.js";

const { path, absence } = findChromium({ withTabs: true });

/** Why there is no browser to measure in; undefined where there is one. */
export const noChromium = path === undefined ? absence : undefined;

const flags = [...chromiumFlags, "--headless=new", "--window-size=1440,900", "--remote-debugging-port=0"];

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One page. */
export class Tab {
  readonly #browser: Chromium;
  readonly targetId: string;
  readonly #sessionId: string;

  constructor(browser: Chromium, targetId: string, sessionId: string) {
    this.#browser = browser;
    this.targetId = targetId;
    this.#sessionId = sessionId;
  }

  send<Result>(method: string, params: object = {}): Promise<Result> {
    return this.#browser.send<Result>(method, params, this.#sessionId);
  }

  /** The value of an expression in the page, as JSON has it; awaits a promise. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send<{
      result: { value: Value };
      exceptionDetails?: { exception?: { description?: string } };
    }>("Runtime.evaluate", params);
    if (exceptionDetails === undefined) return result.value;
    throw new Error(`the page threw: ${exceptionDetails.exception?.description ?? expression}`);
  }

  /** Waits until an expression is true. A page that is being loaded has none yet. */
  async until(expression: string, forMs = 60_000): Promise<void> {
    for (const endMs = performance.now() + forMs; performance.now() < endMs; await wait(50)) {
      if (await this.evaluate<boolean>(`Boolean(${expression})`).catch(() => false)) return;
    }
    throw new Error(`not within ${forMs} ms: ${expression}`);
  }

  /** Shows this tab; the one that was shown is hidden from now on. */
  async show(): Promise<void> {
    await this.#browser.send("Target.activateTarget", { targetId: this.targetId });
  }
}

export class Chromium {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<string, (params: never) => void>();
  #sent = 0;

  private constructor(child: ChildProcess, socket: WebSocket, profile: string) {
    this.#child = child;
    this.#socket = socket;
    this.#profile = profile;
    socket.on("message", (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
      else if (answer.method !== undefined) this.#listeners.get(answer.method)?.(answer.params as never);
    });
  }

  static async launch(): Promise<Chromium> {
    if (path === undefined) throw new Error(absence);
    const profile = mkdtempSync(join(tmpdir(), "max-chromium-"));
    const args = [...flags, `--user-data-dir=${profile}`, "about:blank"];
    const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    const address = await new Promise<string>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = /DevTools listening on (ws:\S+)/.exec(said);
        if (found !== null) resolve(found[1]);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)));
    });
    // A trace comes in large messages.
    const socket = new WebSocket(address, { maxPayload: 1 << 30, perMessageDeflate: false });
    await once(socket, "open");
    return new Chromium(child, socket, profile);
  }

  async send<Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#sent;
    const answer = await new Promise<Answer>((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
    this.#answers.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result as Result;
  }

  /** Opens a tab, and shows it. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", attach);
    return new Tab(this, targetId, sessionId);
  }

  /** What Chromium did while `during` ran. */
  async trace(during: () => Promise<void>): Promise<TraceEvent[]> {
    const events: TraceEvent[] = [];
    this.#listeners.set("Tracing.dataCollected", ({ value }: { value: TraceEvent[] }) => void events.push(...value));
    const complete = new Promise<void>((resolve) => this.#listeners.set("Tracing.tracingComplete", () => resolve()));
    const categories = "devtools.timeline,disabled-by-default-devtools.timeline";
    await this.send("Tracing.start", { categories, transferMode: "ReportEvents" });
    await during();
    await this.send("Tracing.end");
    await complete;
    return events;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    // By itself it ends its other processes, too, which write to the profile to the last.
    await this.send("Browser.close");
    await ended;
    this.#socket.terminate();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}
