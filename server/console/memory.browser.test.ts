/** What has left the screen leaves memory, too. */
import { type CDPSession } from "playwright-core";
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";

/** Nodes that Chromium holds, in the page or not, after its garbage has been collected. */
async function countNodes(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "Nodes")?.value ?? Number.NaN;
}

browserTest("messages that have passed through a log are not kept", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const [{ id: discussionId }] = max.simulation.world.discussions();
  const log = page.getByRole("log");
  let said = 0;
  /** Each time is drawn before the next: a log that keeps what it drew keeps it once for each time. */
  async function say(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      max.realtime.batch(() => {
        for (let nth = 0; nth < 10; nth++) {
          said++;
          const message = { id: `msg-${said}`, content: `Message number ${said}.`, authorId: "agent-789" };
          max.realtime.broadcastNewMessage({ discussionId, message });
        }
      });
      await log.getByText(`Message number ${said}.`).waitFor();
    }
  }
  await say(15);
  const full = await countNodes(session);
  await say(30);
  expect(await countNodes(session)).toBeLessThan(1.2 * full);
});
