/** The board of agents: what each does and since when, live, and the filter that is kept in the address. */
import { expect } from "vitest";
import { browserTest, openConsole, searchOf, startFrozen } from "../browser.fixture.js";

browserTest("a status change is shown at once, with the simulated time that it has lasted", async () => {
  const max = await startFrozen();
  max.advance("1m");
  const { page } = await openConsole(max, { path: "/?view=agents" });
  expect(await page.locator(".agent-card").count()).toBe(16);
  const card = page.locator(".agent-card", { hasText: "Risk Sentinel" });
  // A status of which the simulation knows nothing: it stays until somebody changes it.
  await page.request.patch(`${max.url}/api/agents/agent-003`, { data: { status: "on leave" } });
  await card.getByText("on leave").waitFor();
  await card.getByText("0\u202fs").waitFor();
  max.advance("3m");
  await card.getByText("3\u202fmin").waitFor();
  // Nor does the language know it as something of its own.
  await page.request.patch(`${max.url}/api/agents/agent-003`, { data: { status: "constructor" } });
  await card.getByText("constructor").waitFor();
});

browserTest("the filter is by status, sector and words, is kept in the address, and can be taken back", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?view=agents&agent-sector=tech-001" });
  const cards = page.locator(".agent-card");
  expect(await cards.allInnerTexts()).toEqual([expect.stringContaining("Momentum Scout")]);
  await page.getByLabel("Sector", { exact: true }).selectOption("No sector");
  await page.getByLabel("Name, role or id").fill("officer");
  expect(await cards.allInnerTexts()).toEqual([expect.stringContaining("Risk Sentinel")]);
  await page.getByRole("group", { name: "Status" }).getByRole("button", { name: "error 0" }).click();
  await page.getByText("No agent is like that").waitFor();
  await expect.poll(() => searchOf(page)).toBe("?view=agents&agent-sector=-&agent=officer&agent-status=error");
  await page.getByRole("button", { name: "Show all agents" }).click();
  expect(await cards.count()).toBe(16);
  await expect.poll(() => searchOf(page)).toBe("?view=agents");
});

browserTest("a card leads to its sector, and to the room in which the agent spoke last", async () => {
  const max = await startFrozen();
  max.advance("3m");
  const { page } = await openConsole(max, { path: "/?view=agents" });
  const card = page.locator(".agent-card", { hasText: "Momentum Scout" });
  await card.locator(".agent-said").getByRole("link").click();
  await page.locator("main.discussions").waitFor();
  await expect.poll(() => searchOf(page)).toMatch(/[?&]room=disc-/);
  await page.goBack();
  await card.getByRole("link", { name: "Technology" }).last().click();
  await page.locator("main.market").waitFor();
  await expect.poll(() => searchOf(page)).toMatch(/[?&]sector=tech-001(&|$)/);
});
