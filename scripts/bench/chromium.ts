/**
 * Where Chromium is, for tests, benchmarks and pictures, and one with real tabs, for benchmarks.
 *
 * Playwright keeps its own pages focused and visible, and records their network. These tabs are in the browser's default
 * context, which Playwright leaves alone: a tab is hidden when another one is shown, as on people's screens, and a trace
 * has nothing of Playwright's.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Browser, type CDPSession, chromium } from "playwright-core";
import type { TraceEvent } from "./trace.js";

const browserPath = "/usr/bin/chromium";
/** The same engine without the browser's window: a page costs a third of the processor time. */
const headlessShellPath = "/usr/bin/chromium-headless-shell";

/** It asks nobody and calls nobody. */
export const chromiumFlags: readonly string[] = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Playwright's own: they keep hidden tabs as awake as shown ones, and free a page that is left at once. */
const flagsOfPlaywright = [
  "--disable-back-forward-cache",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export interface ChromiumSearch {
  /** Undefined where there is none. */
  readonly path: string | undefined;
  /** What to report then. */
  readonly absence: string;
}

/**
 * The environment variable CHROMIUM names another one.
 *
 * @param withTabs - whether tabs must be hidden when another one is shown, which the headless shell's are not
 */
export function findChromium({ withTabs }: { readonly withTabs: boolean }): ChromiumSearch {
  const paths = withTabs ? [browserPath] : [headlessShellPath, browserPath];
  const given = process.env["CHROMIUM"];
  const searched = given === undefined ? paths : [given];
  return {
    path: searched.find((path) => existsSync(path)),
    absence: `no Chromium at ${searched.join(" or ")} (apt-get install ${basename(paths[0]!)}, or CHROMIUM=path)`,
  };
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One page. */
export class Tab {
  readonly #browser: CDPSession;
  readonly #targetId: string;
  readonly #sessionId: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #sent = 0;

  private constructor(browser: CDPSession, targetId: string, sessionId: string) {
    this.#browser = browser;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
    browser.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
      if (from !== sessionId) return;
      const answer = JSON.parse(message) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Opens a tab, and shows it. */
  static async open(browser: CDPSession, url: string): Promise<Tab> {
    const { targetId } = await browser.send("Target.createTarget", { url });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId });
    return new Tab(browser, targetId, sessionId);
  }

  /** Sends a command of the DevTools protocol. Playwright has sessions only for its own pages. */
  async send<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#sent;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#sessionId, message });
    const { error, result } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as Result;
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
    await this.#browser.send("Target.activateTarget", { targetId: this.#targetId });
  }
}

export class TabbedChromium {
  readonly #browser: Browser;
  readonly #session: CDPSession;

  private constructor(browser: Browser, session: CDPSession) {
    this.#browser = browser;
    this.#session = session;
  }

  static async launch(): Promise<TabbedChromium> {
    const { path, absence } = findChromium({ withTabs: true });
    if (path === undefined) throw new Error(absence);
    const args = [...chromiumFlags, "--window-size=1440,900"];
    const browser = await chromium.launch({ executablePath: path, args, ignoreDefaultArgs: flagsOfPlaywright });
    return new TabbedChromium(browser, await browser.newBrowserCDPSession());
  }

  open(url: string): Promise<Tab> {
    return Tab.open(this.#session, url);
  }

  /** What Chromium did while `during` ran. */
  async trace(during: () => Promise<void>): Promise<TraceEvent[]> {
    const events: TraceEvent[] = [];
    const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]));
    const complete = new Promise((resolve) => void this.#session.once("Tracing.tracingComplete", resolve));
    this.#session.on("Tracing.dataCollected", collect);
    const categories = "devtools.timeline,disabled-by-default-devtools.timeline";
    await this.#session.send("Tracing.start", { categories, transferMode: "ReportEvents" });
    await during();
    await this.#session.send("Tracing.end");
    await complete;
    this.#session.off("Tracing.dataCollected", collect);
    return events;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
