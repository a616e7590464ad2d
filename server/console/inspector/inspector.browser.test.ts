/** The inspector in a real browser: what came, what the contract says, and how to find it. */
import { expect } from "vitest";
import { browserTest, openConsole, searchOf, startFrozen } from "../browser.fixture.js";

browserTest("shows every event as it came, and copies it as JSON", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max, {
    path: "/?view=inspector",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const payload = { sectorId: "tech-001", value: 1250.5, timestamp: "2025-01-15T10:30:00.000Z" };
  max.realtime.broadcastMarketUpdate(payload);
  const list = page.getByRole("listbox");
  await list.getByRole("option", { name: /fits the contract.*market:update.*1250\.5/ }).click();
  await page.getByRole("heading", { name: "Event 1" }).waitFor();
  await page.getByText("Fits the contract").waitFor();
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await page.getByText("Copied").waitFor();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(payload);
  expect(complaints).toEqual([]);
});

browserTest("tells what breaks the contract, and finds it among what fits", async () => {
  const max = await startFrozen();
  // The real stream, one number of which is spoilt on its way, and one event given a field.
  const spoil = (text: string): string =>
    text.replace('"value":1250.5', '"value":"1250.5"').replace('"status":"odd"', '"status":"odd","mood":"blue"');
  const { page } = await openConsole(max, {
    path: "/?view=inspector",
    setUp: async (page) => {
      await page.routeWebSocket(/socket\.io/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((text) => socket.send(typeof text === "string" ? spoil(text) : text));
      });
    },
  });
  await page.getByText("WebSocket", { exact: true }).waitFor();
  max.realtime.broadcastMarketUpdate({ sectorId: "tech-001", value: 1250.5 });
  max.realtime.broadcastAgentStatusUpdate({ agentId: "agent-789", status: "odd" });
  max.advance("5s");
  await page.getByText(/2 differ from the contract/).waitFor();
  const list = page.getByRole("listbox");
  await page.getByLabel("Verdict").selectOption("Broken");
  await list.getByRole("option", { name: /breaks the contract/ }).click();
  expect(await list.getByRole("option").count()).toBe(1);
  await page.getByText("/value must be number").waitFor();
  await page.getByLabel("Verdict").selectOption("undocumented");
  await list.getByRole("option", { name: /undocumented fields/ }).click();
  await page.getByText("/mood").waitFor();
});

browserTest("an event with a second argument does not pass as documented", async () => {
  const max = await startFrozen({ recovery: true });
  const { page } = await openConsole(max, { path: "/?view=inspector" });
  max.realtime.broadcastMarketUpdate({ indexValue: 15234.67 });
  await page.getByRole("option", { name: /breaks the contract/ }).click();
  await page.getByText("has 2 arguments, not one").waitFor();
});

browserTest("filters by event, entity and text, and keeps the filter in the address", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=inspector&event=market:update" });
  max.advance("30s");
  const list = page.getByRole("listbox");
  const names = list.locator(".event-name");
  await names.first().waitFor();
  expect(new Set(await names.allTextContents())).toEqual(new Set(["market:update"]));
  await page.getByRole("combobox", { name: "Event" }).selectOption("sector:candle_update");
  await page.getByLabel("About", { exact: true }).selectOption("tech-001");
  await list
    .getByRole("option", { name: /candle_update/ })
    .first()
    .waitFor();
  for (const json of await list.locator(".event-json").allTextContents()) expect(json).toContain('"tech-001"');
  await page.keyboard.press("/");
  await page.keyboard.type("NO SUCH TEXT");
  await page.getByText("No event passes the filter").waitFor();
  expect(Object.fromEntries(new URLSearchParams(await searchOf(page)))).toEqual({
    view: "inspector",
    event: "sector:candle_update",
    entity: "tech-001",
    find: "NO SUCH TEXT",
  });
  await page.getByRole("button", { name: "Clear" }).click();
  await names.first().waitFor();
  await expect.poll(() => searchOf(page)).toBe("?view=inspector");
});

browserTest("stands still while somebody reads, by keyboard alone, and goes on", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=inspector" });
  max.advance("1m");
  const list = page.getByRole("listbox");
  const first = list.getByRole("option").first();
  await first.waitFor();
  await list.focus();
  await page.keyboard.press("End");
  await page.getByRole("heading", { name: "Event 1", exact: true }).waitFor();
  await page.keyboard.press("ArrowUp");
  await page.getByRole("heading", { name: "Event 2", exact: true }).waitFor();
  const read = await list.locator("[aria-selected=true]").textContent();
  expect(await list.locator("[aria-selected=true]").isVisible()).toBe(true);
  max.advance("10s");
  await page.getByRole("button", { name: /Go on, [1-9][\d,]* new/ }).waitFor();
  expect(await list.locator("[aria-selected=true]").textContent()).toBe(read);
  await page.keyboard.press("f");
  await page.getByRole("button", { name: "Freeze" }).waitFor();
  // Events may still be coming: both are read at one moment.
  const isFollowing = () =>
    page.evaluate(() => {
      const [, count = ""] =
        /of ([\d,]+) since/.exec(document.querySelector(".event-summary")?.textContent ?? "") ?? [];
      return document.querySelector('[data-row="0"] .event-number')?.textContent === count.replace(",", "");
    });
  await expect.poll(isFollowing).toBe(true);
});

browserTest("keeps a bounded list, and few rows in the document, however much comes", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=inspector" });
  max.realtime.broadcastMarketUpdate({ sectorId: "tech-001", value: 1 });
  // Candles of as many minutes: none of them replaces another.
  for (let minute = 0; minute < 12_000; minute += 1000) {
    max.realtime.batch(() => {
      for (let value = minute; value < minute + 1000; value++) {
        const timestamp = new Date(60_000 * value).toISOString();
        max.realtime.broadcastSectorCandleUpdate({ sectorId: "fin-001", candle: { timestamp, value } });
      }
    });
  }
  await page.getByText("10,000 shown of 12,001").waitFor();
  expect(await page.getByRole("listbox").getByRole("option").count()).toBeLessThan(60);
  // What is rare is still there, if it is asked for.
  await page.getByLabel("About", { exact: true }).selectOption("tech-001");
  await page.getByText("1 shown of 12,001").waitFor();
});

browserTest("leads from an event to its sector, and from an agent to its last event", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=inspector" });
  max.realtime.broadcastSectorCandleUpdate({
    sectorId: "energy-001",
    candle: { timestamp: "2025-01-15T10:30:00.000Z", value: 850.25 },
  });
  const [agent] = max.simulation.world.agents();
  max.realtime.broadcastAgentStatusUpdate({ agentId: agent.id, status: "error" });
  const list = page.getByRole("listbox");
  await list.getByRole("option", { name: /energy-001/ }).click();
  await page.getByRole("link", { name: "Go to energy-001" }).click();
  await page.locator("main.market").waitFor();
  await expect.poll(() => searchOf(page)).toBe("?sector=energy-001");

  await page.keyboard.press("2");
  await page.getByRole("link", { name: agent.id, exact: true }).click();
  await page.getByRole("heading", { name: "Event 2" }).waitFor();
  await page.getByRole("link", { name: `Go to ${agent.id}` }).click();
  await page.locator(".agent-card", { hasText: agent.name }).waitFor();
  expect(await page.locator(".agent-card").count()).toBe(1);
});

browserTest("what came while another view was open is in the list with the event that one comes for", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=inspector" });
  const list = page.getByRole("listbox");
  max.realtime.broadcastMarketUpdate({ sectorId: "tech-001", value: 1250.5 });
  await list.getByRole("option").waitFor();
  await page.keyboard.press("2");
  const [agent] = max.simulation.world.agents();
  max.realtime.broadcastAgentStatusUpdate({ agentId: agent.id, status: "error" });
  const card = page.locator(".agent-card", { has: page.getByRole("link", { name: agent.id, exact: true }) });
  await card.getByText("error").waitFor();
  await card.getByRole("link", { name: agent.id, exact: true }).click();
  await page.getByRole("heading", { name: "Event 2" }).waitFor();
  await list.getByRole("option", { name: /agent:status_update/ }).waitFor();
});
