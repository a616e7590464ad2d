/** The page shows the age of its data, and never shows old values as new. */
import { expect } from "vitest";
import type { Simulation } from "../../../schemas/index.js";
import { startMax } from "../../main.js";
import { browserTest, openConsole, startFrozen } from "../browser.fixture.js";

browserTest(
  "says how events arrive, how long a round trip takes, how many come, and what compression saves",
  async () => {
    const max = await startFrozen();
    const { page } = await openConsole(max);
    const figure = (name: string) => page.locator(".feed-status dl div", { hasText: name }).locator("dd");
    await figure("Transport").getByText("WebSocket").waitFor();
    await figure("Round trip")
      .getByText(/^\d+(\.\d)?\sms$/)
      .waitFor();
    // The rate is that of the last second: it is gone again soon after.
    await expect
      .poll(() => {
        max.advance("1s");
        return figure("Events").textContent();
      })
      .toMatch(/^[1-9]\d*\s\/s$/);
    // Of what was sent between two answers: this page's share of it is compressed from its second tick on.
    await expect
      .poll(() => {
        max.advance("1s");
        return figure("Compression").textContent();
      })
      .toMatch(/^[3-9]\.\d\s×$/);
    await page.getByText("Live, paused").waitFor();
  },
);

browserTest("a server that goes and comes back is noticed, and everything is fetched anew", async () => {
  const first = await startMax({ port: 0, seed: "42", clock: "manual" });
  const port = Number(new URL(first.url).port);
  const { page } = await openConsole(first);
  const indexValue = page.locator(".index-value");
  // Of every seed: the index opens where its scenario says.
  const atTheOpen = await indexValue.textContent();
  first.advance("5s");
  await expect.poll(() => indexValue.textContent()).not.toBe(atTheOpen);
  await first.close();
  await page.getByText(/^No connection for/).waitFor();
  await page.locator("html[data-stale]").waitFor();
  await page.locator(".index-figures.stale").waitFor();
  await page.locator(".tile-age").first().waitFor({ state: "attached" });

  await startFrozen({ port, seed: "43" });
  await page.getByText(/^Connected again after .* Everything was fetched anew/).waitFor();
  await page.locator("html:not([data-stale])").waitFor();
  await page.locator(".index-figures:not(.stale)").waitFor();
  expect(await indexValue.textContent()).toBe(atTheOpen);
  await page.getByText("seed 43").waitFor();
});

browserTest("a page whose events are late says by how much, not that it is live, and then connects anew", async () => {
  const max = await startFrozen({ clock: "real", speed: 10 });
  let connections = 0;
  const { page } = await openConsole(max, {
    // As if the server were always forty simulated seconds, four real ones, ahead of what has arrived.
    setUp: async (page) => {
      page.on("websocket", () => (connections += 1));
      await page.route("**/api/simulation", async (route) => {
        // The page closes while a last answer is on its way.
        const answer = await route.fetch().catch(() => undefined);
        const text = await answer?.text().catch(() => undefined);
        if (text === undefined) return;
        const state = JSON.parse(text) as Simulation;
        const time = new Date(Date.parse(state.time) + 40_000).toISOString();
        await route.fulfill({ json: { ...state, time } }).catch(() => undefined);
      });
    },
  });
  const status = page.locator(".feed-status");
  await status.getByRole("status").getByText("Behind", { exact: true }).waitFor();
  await status.getByText(/^by \d+\ss \([1-9]\ss\)$/).waitFor();
  await expect.poll(() => connections, { timeout: 20_000 }).toBeGreaterThan(1);
});

browserTest("a refused fetch says why, and can be tried again", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.route("**/api/sectors?*", (route) => route.fulfill({ status: 503, body: "" }));
  await max.simulation.reset({});
  await page.getByText(/^Connected, but the state could not be fetched/).waitFor();
  await page.unroute("**/api/sectors?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Live, paused").waitFor();
});
