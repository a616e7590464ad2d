/** A server process that gets a small share of a processor: it is stopped and let go on, again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { startMaxCommand, testToken } from "./cli.fixture.js";

/** The server runs for a tenth of each. */
const periodMs = 600;

export interface StarvedServer {
  readonly url: string;
  readonly token: string;
  /** From now on, until the test is over. */
  starve(): void;
}

export async function startStarvableServer(): Promise<StarvedServer> {
  const { child, wrote, stderr, ended } = startMaxCommand("demo", "--port", "0", "--store", ":memory:");
  const over = new AbortController();
  onTestFinished(async () => {
    over.abort();
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await ended;
  });
  await wrote("Ctrl-C ends it.");
  const [, url = ""] = /Console {4}(\S+)\/\n/.exec(stderr()) ?? [];
  const starve = async () => {
    while (!over.signal.aborted) {
      child.kill("SIGSTOP");
      await sleep(periodMs * 0.9);
      child.kill("SIGCONT");
      await sleep(periodMs * 0.1);
    }
  };
  let starving: Promise<void> | undefined;
  return { url, token: testToken, starve: () => void (starving ??= starve()) };
}
