/** Links from one server's console, opened on another's. */
import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import type { Simulation } from "../../../schemas/index.js";
import { startMaxCommand } from "../../../scripts/cli.fixture.js";
import { browserTest, openConsole, searchOf, startFrozen } from "../browser.fixture.js";

async function simulationOf(url: string): Promise<Simulation> {
  return (await (await fetch(`${url}/api/simulation`)).json()) as Simulation;
}

browserTest("a link changes no server until it is applied, and then the markets are equal to the byte", async () => {
  const ours = await startFrozen({ seed: "7", speed: 4 });
  ours.advance("90s");
  const { page } = await openConsole(ours, { path: "/?view=agents" });
  await page.keyboard.press("l");
  const link = await page.getByLabel("Link", { exact: true }).inputValue();

  const theirs = await startFrozen({ seed: "42", startMs: Date.parse("2026-03-02T09:00:00Z") });
  theirs.advance("10s");
  const before = await simulationOf(theirs.url);
  const { page: other, complaints } = await openConsole(theirs, { path: link.slice(ours.url.length) });
  await other.getByText("The link shows another market than this server plays").waitFor();
  const notice = other.getByRole("region", { name: /The link shows/ });
  expect((await notice.locator("dt").allTextContents()).toSorted()).toEqual(["Seed", "Speed", "Start", "Time"]);
  expect(await simulationOf(theirs.url)).toEqual(before);

  await notice.getByRole("button", { name: "Apply here" }).click();
  await notice.waitFor({ state: "detached" });
  const applied = await simulationOf(theirs.url);
  const { seed, speed, tick } = await simulationOf(ours.url);
  expect(applied).toMatchObject({ seed, speed, tick });
  expect(theirs.simulation.world.sectors().map(({ value }) => value)).toEqual(
    ours.simulation.world.sectors().map(({ value }) => value),
  );
  await expect.poll(() => searchOf(other)).toBe("?view=agents");
  expect(complaints).toEqual([]);
});

browserTest("without the token a link is only compared, and dismissed by keyboard", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?seed=43", withToken: false });
  const notice = page.getByRole("region", { name: /The link shows/ });
  await notice.getByText(/needs the control token/).waitFor();
  expect(await notice.getByRole("button", { name: "Apply here" }).isDisabled()).toBe(true);
  await notice.getByRole("button", { name: "Dismiss" }).focus();
  await page.keyboard.press("Enter");
  await notice.waitFor({ state: "detached" });
  await expect.poll(() => searchOf(page)).toBe("");
});

browserTest("a link to a scenario that is not there says so when it is applied", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?scenario=mine" });
  await page.getByRole("button", { name: "Apply here" }).click();
  await page
    .getByRole("alert")
    .getByText(/must be one of .*trading-day/)
    .waitFor();
  expect((await simulationOf(max.url)).scenario).toBe("trading-day");
});

browserTest("the command starts the same market elsewhere", async () => {
  const max = await startFrozen({ seed: "a 'quoted' seed", scenario: "calm", speed: 3 });
  const { page } = await openConsole(max);
  await page.keyboard.press("l");
  const command = await page.getByLabel(/Starts the same market/).inputValue();
  const script = command.replace("npx max", "printf '%s\\n'");
  const words = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).trimEnd().split("\n");
  const elsewhere = startMaxCommand(...words, "--port=0", "--clock=manual");
  try {
    await elsewhere.wrote("/api/sectors");
    const [url] = /http:\/\/localhost:\d+/.exec(elsewhere.stderr()) ?? [];
    const { seed, scenario, start, tickMs, speed, digest } = max.simulation.status();
    expect(await simulationOf(url as string)).toMatchObject({ seed, scenario, start, tickMs, speed, digest });
  } finally {
    elsewhere.child.kill();
    await elsewhere.ended;
  }
});
