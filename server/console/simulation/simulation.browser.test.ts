/** The simulation bar against the real server. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Simulation } from "../../../schemas/index.js";
import { type Max } from "../../main.js";
import { browserTest, openConsole, readJson, startFrozen } from "../browser.fixture.js";

const bar = (page: Page) => page.getByRole("region", { name: "Simulation" });
const state = (max: Max) => readJson<Simulation>(max, "/api/simulation");

browserTest("plays, pauses and steps, by button and by key", async () => {
  const max = await startFrozen({ clock: "real" });
  const { page } = await openConsole(max);
  await bar(page).getByText("playing").waitFor();
  await page.keyboard.press(" ");
  await bar(page).getByText("paused").waitFor();
  const { tick } = await state(max);
  await page.getByRole("button", { name: "Step one tick" }).click();
  await bar(page)
    .getByText(`tick ${(tick + 1).toLocaleString("en")}`)
    .waitFor();
  await page.locator("#view").focus();
  await page.keyboard.press(">");
  await bar(page)
    .getByText(`tick ${(tick + 101).toLocaleString("en")}`)
    .waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await bar(page).getByText("playing").waitFor();
  expect((await state(max)).state).toBe("playing");
});

browserTest("sets the speed, by choice and by key", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.getByLabel("Speed").selectOption("10");
  await expect.poll(async () => (await state(max)).speed).toBe(10);
  await page.locator("#view").focus();
  await page.keyboard.press("]");
  await expect.poll(async () => (await state(max)).speed).toBe(30);
  await expect.poll(() => page.getByLabel("Speed").inputValue()).toBe("30");
});

browserTest("seeks forwards at once, and backwards only when told that it deletes", async () => {
  const max = await startFrozen();
  max.advance("1m");
  const { page } = await openConsole(max);
  const clock = bar(page).locator(".sim-clock b");
  const slider = page.getByLabel("Simulated time");
  await slider.fill("180000");
  await clock.getByText("14:33:00").waitFor();
  await slider.fill("120000");
  await page.getByRole("button", { name: "Stay" }).click();
  expect((await state(max)).time).toContain("14:33:00");
  await slider.fill("30000");
  await page.getByRole("button", { name: "Go back" }).click();
  await clock.getByText("14:30:30").waitFor();
  await bar(page)
    .getByText(/^Deleted: \d/)
    .waitFor();
  const { bootId } = await state(max);
  expect(bootId).not.toBe("");
});

browserTest("shows the scenario events of the scenario, says which comes next, and goes there", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await bar(page).getByText("in 6 min: Rumour, Technology, a large order is about to be placed").waitFor();
  const marks = bar(page).getByRole("button", { name: /^Go to/ });
  expect(await marks.count()).toBe(3);
  await marks.first().click();
  await bar(page).locator(".sim-clock b").getByText("14:35:55").waitFor();
  await bar(page).getByText("in 5 s: Rumour, Technology").waitFor();
});

browserTest("starts another market, and says why where the server refuses it", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog", { name: "Start a market" });
  await dialog.getByLabel("Seed").fill("7");
  await dialog.getByLabel("Scenario").selectOption("rumour-mill");
  await dialog.getByText("Whispers make the rounds").waitFor();
  await page.route("**/api/simulation/reset", (route) =>
    route.continue({ postData: JSON.stringify({ scenario: "nope" }) }),
  );
  await dialog.getByRole("button", { name: "Start this market" }).click();
  await dialog.getByText(/must be one of trading-day/).waitFor();
  await page.unroute("**/api/simulation/reset");
  await dialog.getByRole("button", { name: "Start this market" }).click();
  await dialog.waitFor({ state: "detached" });
  await bar(page).getByText("seed 7").waitFor();
  await bar(page).getByText("The rumour mill").waitFor();
  expect(await state(max)).toMatchObject({ seed: "7", scenario: "rumour-mill", tick: 0 });
});

browserTest(
  "without the token it is read-only and says so; a wrong one is refused, the right one takes control",
  async () => {
    const max = await startFrozen();
    const { page } = await openConsole(max, { withToken: false });
    await bar(page).getByText("Read-only.").waitFor();
    expect(await page.getByRole("button", { name: "Play" }).isDisabled()).toBe(true);
    expect(await page.getByLabel("Simulated time").isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Take control …" }).click();
    const step = page.getByRole("button", { name: "Step one tick" });
    for (const token of ["wrong", "no header – carries it"]) {
      await page.getByPlaceholder("from .max/token").fill(token);
      await page.getByRole("button", { name: "Use it" }).click();
      // Without having been used.
      await bar(page).getByText("The server refuses this token.").waitFor();
      expect(await step.isDisabled()).toBe(true);
    }
    await page.reload();
    await bar(page).getByText("The server refuses this token.").waitFor();
    await page.getByPlaceholder("from .max/token").fill(max.token);
    await page.getByRole("button", { name: "Use it" }).click();
    await step.click();
    await bar(page).getByText("tick 1", { exact: true }).waitFor();
  },
);

browserTest("two screens show the same fingerprint", async () => {
  const max = await startFrozen();
  const [one, two] = [await openConsole(max), await openConsole(max, { withToken: false })];
  await one.page.keyboard.press(">");
  const { tick, digest } = await expect
    .poll(() => state(max))
    .toMatchObject({ tick: 100 })
    .then(() => state(max));
  for (const { page } of [one, two]) {
    await bar(page).getByText(`tick ${tick}`, { exact: true }).waitFor();
    await bar(page).getByText(digest.slice(0, 8), { exact: true }).waitFor();
  }
});
