/** The candle chart against the real server. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { CandleList } from "../../../../schemas/index.js";
import { browserTest, openConsole, readJson, send, searchOf, startFrozen } from "../../browser.fixture.js";

const format = (value: number) => value.toLocaleString("en", { minimumFractionDigits: 2 });
const shown = '[data-state="shown"]';

/** What the chart says of itself once it is drawn: its bars, and until when it shows them, epoch seconds. */
async function look(page: Page) {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
  );
  const chart = page.locator(shown);
  return { bars: Number(await chart.getAttribute("data-bars")), to: Number(await chart.getAttribute("data-to")) };
}

/** Waits until as many bars are there. */
async function waitForBars(page: Page, atLeast: number): Promise<void> {
  await page.waitForFunction(
    ([selector, count]) => Number(document.querySelector(selector)?.getAttribute("data-bars")) >= count,
    [shown, atLeast] as const,
  );
}

browserTest("a tile opens its chart, whose last candle is the server's and moves on with it", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max);
  await page.locator('[data-sector="tech-001"]').click();
  await page.locator(shown).waitFor();
  await expect.poll(() => searchOf(page)).toBe("?sector=tech-001");
  for (const step of ["30s", "150s"]) {
    max.advance(step);
    const path = "/api/sectors/tech-001/candles?interval=1m&sort=desc&limit=1";
    const [candle] = (await readJson<CandleList>(max, path)).data;
    const figures = page.locator(".chart-figures");
    await figures.getByText(candle.timestamp.slice(11, 19)).waitFor();
    for (const value of [candle.open, candle.high, candle.low, candle.close]) {
      await figures
        .getByText(value.toLocaleString("en", { minimumFractionDigits: 2 }))
        .first()
        .waitFor();
    }
  }
  await page.getByRole("link", { name: /TradingView/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".index-value").waitFor();
  expect(complaints).toEqual([]);
});

browserTest.each(["1s", "5m", "1h"])(
  "an interval of %s shows the server's candles, and is part of the address",
  async (name) => {
    const max = await startFrozen();
    max.advance("5m");
    const { page } = await openConsole(max, { path: "/?sector=fin-001" });
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(`${shown}[aria-label*="candles of ${name}"]`).waitFor();
    await expect.poll(() => searchOf(page)).toMatch(new RegExp(`[?&]interval=${name}(&|$)`));
    max.advance("7s");
    const path = `/api/sectors/fin-001/candles?interval=${name}&sort=desc&limit=1`;
    const [candle] = (await readJson<CandleList>(max, path)).data;
    await page.locator(".chart-figures").getByText(candle.timestamp.slice(11, 19)).waitFor();
    await page.locator(".chart-figures").getByText(format(candle.close)).first().waitFor();
  },
);

browserTest("scrolling back loads older candles without a jump, and live ones do not pull it away", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  let letOlderCome = () => {};
  const older = new Promise<void>((resolve) => (letOlderCome = resolve));
  await page.route(/candles.*cursor=/, async (route) => {
    await older;
    await route.continue();
  });
  await page.locator('[data-sector="tech-001"]').click();
  await page.locator(shown).waitFor();
  const live = await look(page);
  await page.locator("#view").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("button", { name: "Go to live" }).waitFor();
  const { to } = await look(page);
  expect(to).toBeLessThan(live.to);
  letOlderCome();
  await waitForBars(page, live.bars + 1);
  const { bars, to: stillTo } = await look(page);
  expect(stillTo).toBe(to);
  max.advance("3m");
  await waitForBars(page, bars + 3);
  expect((await look(page)).to).toBe(to);
  await page.getByRole("button", { name: "Go to live" }).click();
  await page.getByText("At the newest").waitFor();
  await expect.poll(async () => (await look(page)).to).toBeGreaterThan(live.to);
});

browserTest("older candles that arrive amid new ones and before the next frame leave the chart live", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max, {
    setUp: (page) =>
      page.addInitScript(() => {
        const next = requestAnimationFrame.bind(globalThis);
        let held: FrameRequestCallback[] | undefined;
        globalThis.requestAnimationFrame = (frame) => held?.push(frame) ?? next(frame);
        Object.assign(globalThis, {
          holdFrames: () => (held = []),
          letFramesGo: () => {
            const frames = held ?? [];
            held = undefined;
            for (const frame of frames) next(frame);
          },
        });
      }),
  });
  const lastMinute = new Promise<void>((resolve) => {
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (/candle_update.*tech-001.*T14:33/.test(String(payload))) resolve();
      }),
    );
  });
  await page.reload();
  let letOlderCome = () => {};
  const older = new Promise<void>((resolve) => (letOlderCome = resolve));
  const isAsked = page.waitForRequest(/candles.*cursor=/);
  await page.route(/candles.*cursor=/, async (route) => {
    await older;
    await route.continue();
  });
  await page.locator('[data-sector="tech-001"]').click();
  await page.locator(shown).waitFor();
  const { bars } = await look(page);
  await page.locator("#view").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await isAsked;
  await page.evaluate("holdFrames()");
  max.advance("200s");
  await lastMinute;
  letOlderCome();
  await expect
    .poll(async () => Number(await page.locator(shown).getAttribute("data-bars")))
    .toBeGreaterThan(bars + 100);
  await page.evaluate("letFramesGo()");
  max.advance("60s");
  const path = "/api/sectors/tech-001/candles?interval=1m&sort=desc&limit=1";
  const [candle] = (await readJson<CandleList>(max, path)).data;
  await page.locator(".chart-figures").getByText(candle.timestamp.slice(11, 19)).waitFor();
  expect(complaints).toEqual([]);
});

/** How much of the chart's width has candles, in shares of one: from where to where. */
async function drawnShares(page: Page): Promise<readonly [from: number, to: number]> {
  return await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".chart-place canvas")!;
    const pixel = document.createElement("canvas").getContext("2d")!;
    const colours = new Set<string>();
    for (const name of ["up", "down"]) {
      pixel.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
      pixel.fillRect(0, 0, 1, 1);
      colours.add(pixel.getImageData(0, 0, 1, 1).data.join());
    }
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
    const columns: number[] = [];
    for (let at = 0; at < data.length; at += 4) {
      if (colours.has(data.subarray(at, at + 4).join())) columns.push((at / 4) % width);
    }
    columns.sort((a, b) => a - b);
    return [(columns.at(0) ?? 0) / width, (columns.at(-1) ?? 0) / width] as const;
  });
}

browserTest("few candles fill the chart, and very few are in its middle", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max, { path: "/?sector=tech-001&interval=1h" });
  await page.locator(shown).waitFor();
  const hours = async () => {
    const [from, to] = await drawnShares(page);
    return from < 0.15 && to > 0.8;
  };
  await expect.poll(hours).toBe(true);
  await page.getByRole("button", { name: "1d", exact: true }).click();
  await page.locator(`${shown}[aria-label*="candles of 1d"]`).waitFor();
  const days = async () => {
    const [from, to] = await drawnShares(page);
    return to > from && Math.abs((from + to) / 2 - 0.5) < 0.1;
  };
  await expect.poll(days).toBe(true);
});

browserTest("a sector without history and a sector that is not there each say what to do", async () => {
  const max = await startFrozen();
  await send(max, "POST", "/api/sectors", { id: "space-001", name: "Space" });
  const { page } = await openConsole(max, { path: "/?sector=space-001" });
  await page.getByText("No history yet").waitFor();
  max.advance("1s");
  await page.locator(shown).waitFor();
  await page.goto(`${max.url}/?sector=nowhere-001`);
  await page.getByText("There is no sector nowhere-001 here").waitFor();
  await page.getByRole("button", { name: "Show the index" }).click();
  await page.locator(".index-value").waitFor();
});
